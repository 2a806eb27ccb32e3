import './fallback.js'
import './client.suite.js'
