import { mock } from 'node:test'
import test from 'ava'
import { RefreshingCredentialsProvider } from 'ferross'
import { goldenClient, RecordingClient } from '../helpers/golden.js'

test.serial(
  'a clock that is replaced later drives what was made before: a day of rotations, signed by the hour',
  async t => {
    const hour = 3600_000
    let fetched = 0
    const credentialsProvider = new RefreshingCredentialsProvider(async () => ({
      accessKeyId: `id-${++fetched}`,
      accessKeySecret: 'secret',
      expiration: new Date(Date.now() + hour),
    }))
    const transport = new RecordingClient()
    const client = goldenClient(transport, { credentialsProvider })
    mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.UTC(2030, 0, 1) })
    t.teardown(() => mock.timers.reset())
    for (let passed = 0; passed < 24; passed++) {
      await client.putObject({ bucket: 'examplebucket', key: 'k' })
      mock.timers.tick(hour)
    }
    const seen = transport.requests.map(({ headers }) => {
      const id = /Credential=(id-\d+)/.exec(headers.authorization ?? '')?.[1]
      return `${id} ${headers['x-oss-date']}`
    })
    t.deepEqual(
      seen,
      Array.from({ length: 24 }, (_, at) => `id-${at + 1} 20300101T${String(at).padStart(2, '0')}0000Z`),
    )
  },
)
