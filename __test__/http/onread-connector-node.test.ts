import './without-wires.js'
import './onread-connector.suite.js'
