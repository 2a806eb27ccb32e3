import './onread-connector.suite.js'
