import './without-wires.js'
import './http1-lane.suite.js'
