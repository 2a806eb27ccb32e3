import test from 'ava'
import { ParamInvalidError, ParamRequiredError, videoSnapshot } from 'ferross'
import { call, goldenClient, RecordingClient } from '../helpers/golden.js'

test('a snapshot writes the documented text', t => {
  const fast = videoSnapshot({ time: 7000, format: 'jpg', width: 800, height: 600, fast: true })
  t.is(fast.toString(), 'video/snapshot,t_7000,f_jpg,w_800,h_600,m_fast')
  const exact = videoSnapshot({ time: 50000, format: 'png', fast: false, autoRotate: 'auto' })
  t.is(exact.toString(), 'video/snapshot,t_50000,f_png,ar_auto')
})

test('a snapshot can be stored, and goes through the client as it is', async t => {
  const process = videoSnapshot({ time: 0, format: 'jpg' }).saveAs({ key: 'dest.jpg' }).toString()
  const transport = new RecordingClient()
  await call(goldenClient(transport), 'processObject', { bucket: 'examplebucket', key: 'a.mp4', process })
  t.is(transport.requests[0]?.body?.toString(), 'x-oss-process=video/snapshot,t_0,f_jpg|sys/saveas,o_ZGVzdC5qcGc')
})

test('wrong options of a snapshot are named', t => {
  t.is(
    t.throws(() => videoSnapshot({ time: 0 } as never), { instanceOf: ParamRequiredError })?.field,
    'snapshot.format',
  )
  const wrong: Record<string, object> = {
    'snapshot.time': { time: -1, format: 'jpg' },
    'snapshot.format': { time: 0, format: 'gif' },
    'snapshot.fast': { time: 0, format: 'jpg', fast: 'fast' },
    'snapshot.autoRotate': { time: 0, format: 'jpg', autoRotate: 'x' },
  }
  for (const [field, options] of Object.entries(wrong)) {
    t.is(t.throws(() => videoSnapshot(options as never), { instanceOf: ParamInvalidError })?.field, field)
  }
})
