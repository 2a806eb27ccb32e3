import './fallback.js'
import './sealed.suite.js'
