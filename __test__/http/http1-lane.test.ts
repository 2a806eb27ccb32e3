import './http1-lane.suite.js'
