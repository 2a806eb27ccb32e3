import './fallback.js'
import './golden.suite.js'
