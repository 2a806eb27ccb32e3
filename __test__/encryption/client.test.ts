import './client.suite.js'
