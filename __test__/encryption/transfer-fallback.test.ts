import './fallback.js'
import './transfer.suite.js'
