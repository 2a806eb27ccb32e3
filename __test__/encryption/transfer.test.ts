import './transfer.suite.js'
