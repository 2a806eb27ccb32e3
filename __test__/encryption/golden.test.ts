import './golden.suite.js'
