import './without-wires.js'
import './bulk-lane.suite.js'
