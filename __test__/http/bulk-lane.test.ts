import './bulk-lane.suite.js'
