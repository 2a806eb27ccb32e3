// The local server of the package in a process of its own, forked by benchmarks that measure only the client. It ends with them.
import { startLocalServer } from '../../dist/server/index.js'

const { endpoint, region, credentials } = await startLocalServer()
process.send({ endpoint, region, credentials })
process.on('disconnect', () => process.exit())
