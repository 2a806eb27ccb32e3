import './sealed.suite.js'
