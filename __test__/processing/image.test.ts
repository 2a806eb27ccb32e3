import test from 'ava'
import { image, imageStyle, ParamInvalidError, ParamRequiredError } from 'ferross'

// The right-hand sides are texts as the service's documentation has them.

test('resize writes the documented texts', t => {
  t.is(image().resize({ mode: 'fixed', width: 100, height: 100 }).toString(), 'image/resize,m_fixed,w_100,h_100')
  t.is(image().resize({ percent: 50 }).toString(), 'image/resize,p_50')
  t.is(image().resize({ longest: 200, limit: false }).toString(), 'image/resize,l_200,limit_0')
  t.is(
    image().resize({ mode: 'pad', height: 100, width: 100, color: '#ff0000' }).toString(),
    'image/resize,m_pad,w_100,h_100,color_FF0000',
  )
})

test('every other action writes the documented text', t => {
  t.is(image().crop({ x: 800, y: 50 }).toString(), 'image/crop,x_800,y_50')
  t.is(
    image().crop({ x: 10, y: 10, width: 200, height: 200, gravity: 'se' }).toString(),
    'image/crop,x_10,y_10,w_200,h_200,g_se',
  )
  t.is(image().circle(100).toString(), 'image/circle,r_100')
  t.is(image().roundedCorners(30).toString(), 'image/rounded-corners,r_30')
  t.is(image().indexCrop({ width: 100, index: 0 }).toString(), 'image/indexcrop,x_100,i_0')
  t.is(image().indexCrop({ height: 50, index: 3 }).toString(), 'image/indexcrop,y_50,i_3')
  t.is(image().rotate(70).toString(), 'image/rotate,70')
  t.is(image().blur({ radius: 3, sigma: 2 }).toString(), 'image/blur,r_3,s_2')
  t.is(image().bright(-50).toString(), 'image/bright,-50')
  t.is(image().contrast(50).toString(), 'image/contrast,50')
  t.is(image().sharpen(100).toString(), 'image/sharpen,100')
  t.is(image().quality({ relative: 80 }).toString(), 'image/quality,q_80')
  t.is(image().quality({ absolute: 80 }).toString(), 'image/quality,Q_80')
  t.is(image().format('png').toString(), 'image/format,png')
  t.is(image().format('jpg').interlace().toString(), 'image/format,jpg/interlace,1')
  t.is(image().autoOrient(false).toString(), 'image/auto-orient,0')
  t.is(image().info().toString(), 'image/info')
  t.is(image().averageHue().toString(), 'image/average-hue')
  t.is(imageStyle('small').toString(), 'style/small')
})

test('a watermark carries its texts in URL-safe base64', t => {
  t.is(image().watermark({ text: 'Hello World' }).toString(), 'image/watermark,text_SGVsbG8gV29ybGQ')
  t.is(
    image()
      .resize({ width: 300, height: 300 })
      .watermark({
        font: 'wqy-microhei',
        size: 30,
        text: 'Hello World',
        color: 'FFFFFF',
        shadow: 50,
        opacity: 100,
        gravity: 'se',
        x: 10,
        y: 10,
      })
      .toString(),
    'image/resize,w_300,h_300/watermark,text_SGVsbG8gV29ybGQ,type_d3F5LW1pY3JvaGVp,color_FFFFFF,size_30,shadow_50,t_100,g_se,x_10,y_10',
  )
  t.is(
    image().watermark({ image: 'panda.png', imagePercent: 30 }).toString(),
    'image/watermark,image_cGFuZGEucG5nP3gtb3NzLXByb2Nlc3M9aW1hZ2UvcmVzaXplLFBfMzA',
  )
  const prepared = image().watermark({
    image: 'panda.png',
    imageProcess: image().resize({ percent: 30 }),
    fill: true,
    padX: 5,
  })
  t.is(
    prepared.toString(),
    'image/watermark,image_cGFuZGEucG5nP3gtb3NzLXByb2Nlc3M9aW1hZ2UvcmVzaXplLHBfMzA,fill_1,padx_5',
  )
  t.is(
    image().watermark({ image: 'a', text: '中文', first: 'text', align: 'bottom', interval: 2, offset: -1 }).toString(),
    'image/watermark,image_YQ,text_5Lit5paH,voffset_-1,order_1,align_2,interval_2',
  )
})

test('actions follow each other in the order of the calls, and a chain can be continued twice', t => {
  const small = image().resize({ width: 100 })
  t.is(small.rotate(90).format('webp').toString(), 'image/resize,w_100/rotate,90/format,webp')
  t.is(small.format('webp').rotate(90).toString(), 'image/resize,w_100/format,webp/rotate,90')
  t.is(`${small}`, 'image/resize,w_100')
})

test('the outcome can be stored', t => {
  const saved = image().resize({ width: 100 }).saveAs({ key: 'test.jpg', bucket: 'test' })
  t.is(saved.toString(), 'image/resize,w_100|sys/saveas,o_dGVzdC5qcGc,b_dGVzdA')
  t.is(imageStyle('small').saveAs({ key: '图 ?>.png' }).toString(), 'style/small|sys/saveas,o_5Zu-ID8-LnBuZw')
  t.throws(() => image().resize({ width: 1 }).saveAs({ key: '' }), { instanceOf: ParamInvalidError })
  t.throws(
    () =>
      image()
        .resize({ width: 1 })
        .saveAs({} as never),
    { instanceOf: ParamRequiredError },
  )
  t.throws(() => image().saveAs({ key: 'a' }), { instanceOf: ParamInvalidError })
})

test('wrong values fail at once and are named', t => {
  const cases: [field: string, attempt: () => unknown][] = [
    ['resize.width', () => image().resize({ width: 0 })],
    ['resize.width', () => image().resize({ width: 1.5 })],
    ['resize.height', () => image().resize({ height: 16385 })],
    ['resize.mode', () => image().resize({ mode: 'stretch' as never, width: 1 })],
    ['resize.color', () => image().resize({ width: 1, color: 'red' })],
    ['resize.limit', () => image().resize({ width: 1, limit: 1 as never })],
    ['resize.wide', () => image().resize({ wide: 1 } as never)],
    ['resize', () => image().resize({})],
    ['resize', () => image().resize(undefined as never)],
    ['crop.gravity', () => image().crop({ gravity: 'top' as never })],
    ['circle', () => image().circle(4097)],
    ['rounded-corners', () => image().roundedCorners(Number.NaN)],
    ['indexcrop', () => image().indexCrop({ index: 0 })],
    ['indexcrop', () => image().indexCrop({ width: 1, height: 1, index: 0 })],
    ['rotate', () => image().rotate(361)],
    ['blur.radius', () => image().blur({ radius: 51, sigma: 1 })],
    ['bright', () => image().bright(101)],
    ['contrast', () => image().contrast(-101)],
    ['sharpen', () => image().sharpen(49)],
    ['quality', () => image().quality({})],
    ['quality.absolute', () => image().quality({ absolute: 0 })],
    ['format', () => image().format('webp/rotate,90' as never)],
    ['watermark', () => image().watermark({})],
    ['watermark.text', () => image().watermark({ text: 'x'.repeat(49) })],
    ['watermark.image', () => image().watermark({ text: 'a', imagePercent: 10 })],
    ['watermark.imageProcess', () => image().watermark({ image: 'a', imageProcess: 'image/resize' as never })],
    ['info', () => image().rotate(1).info()],
    ['process', () => image().toString()],
    ['name', () => imageStyle('a|sys/saveas')],
  ]
  for (const [field, attempt] of cases) {
    const error = t.throws(attempt, { instanceOf: ParamInvalidError }, field)
    t.is(error?.field, field)
  }
  t.is(t.throws(() => image().blur({ radius: 1 } as never), { instanceOf: ParamRequiredError })?.field, 'blur.sigma')
})
