import test from 'ava'
import fc from 'fast-check'
import { NoProxy } from '#src/http/no-proxy.js'

const table: [list: string, host: string, port: number, direct: boolean][] = [
  ['', 'example.com', 443, false],
  [' , ,, ', 'example.com', 443, false],
  ['*', 'example.com', 443, true],
  ['a.test, *', '192.0.2.1', 80, true],
  ['example.com', 'example.com', 443, true],
  ['example.com', 'EXAMPLE.com', 443, true],
  ['EXAMPLE.COM', 'example.com', 443, true],
  ['example.com', 'bucket.example.com', 443, true],
  ['example.com', 'notexample.com', 443, false],
  ['example.com', 'example.com.cn', 443, false],
  ['.example.com', 'bucket.example.com', 443, true],
  ['.example.com', 'example.com', 443, true],
  ['*.example.com', 'a.b.example.com', 443, true],
  ['*.example.com', 'example.org', 443, false],
  ['example.com.', 'example.com', 443, true],
  ['example.com', 'example.com.', 443, true],
  ['a.test b.test\tc.test,d.test', 'c.test', 80, true],
  ['a.test b.test\tc.test,d.test', 'e.test', 80, false],
  ['example.com:443', 'example.com', 443, true],
  ['example.com:443', 'bucket.example.com', 443, true],
  ['example.com:443', 'example.com', 80, false],
  ['example.com:8080,example.com:80', 'example.com', 80, true],
  ['192.0.2.7', '192.0.2.7', 80, true],
  ['192.0.2.7', '192.0.2.70', 80, false],
  ['192.0.2.7:80', '192.0.2.7', 80, true],
  ['192.0.2.7:80', '192.0.2.7', 443, false],
  ['2.7', '192.0.2.7', 80, false],
  ['10.0.0.0/8', '10.200.3.4', 443, true],
  ['10.0.0.0/8', '11.0.0.1', 443, false],
  ['10.1.2.3/8', '10.200.3.4', 443, true],
  ['10.0.0.0/8:443', '10.1.1.1', 80, false],
  ['10.0.0.0/33', '10.0.0.0', 80, false],
  ['0.0.0.0/0', '203.0.113.9', 80, true],
  ['0.0.0.0/0', 'example.com', 80, false],
  ['::1', '::1', 80, true],
  ['::1', '[::1]', 80, true],
  ['[::1]', '[0:0:0:0:0:0:0:1]', 80, true],
  ['[::1]:80', '[::1]', 80, true],
  ['[::1]:80', '[::1]', 443, false],
  ['2001:db8::/32', '2001:DB8:1::2', 443, true],
  ['2001:db8::/32', '2001:db9::2', 443, false],
  ['192.0.2.0/24', '::ffff:192.0.2.9', 443, true],
  ['localhost', 'localhost', 80, true],
  ['http://example.com', 'example.com', 80, false],
  ['host:port', 'host', 80, false],
]

for (const [list, host, port, direct] of table) {
  test(`NO_PROXY ${JSON.stringify(list)} ${direct ? 'covers' : 'does not cover'} ${host}:${port}`, t => {
    t.is(new NoProxy(list).matches(host, port), direct)
  })
}

test('a list of texts is one list', t => {
  const hosts = new NoProxy(['a.test', 'b.test,c.test'])
  t.deepEqual(
    ['a.test', 'b.test', 'c.test', 'd.test'].map(host => hosts.matches(host, 80)),
    [true, true, true, false],
  )
})

const name = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 1, maxLength: 4 })
  .map(labels => labels.join('.'))
const port = fc.integer({ min: 1, max: 65_535 })

test('a name covers itself and all below it, on every port or on the one it says', t => {
  fc.assert(
    fc.property(name, name, port, port, (domain, below, limit, actual) => {
      const free = new NoProxy(`x.invalid,${domain}`)
      const limited = new NoProxy(`${domain}:${limit}`)
      for (const host of [domain, `${below}.${domain}`, domain.toUpperCase()]) {
        t.true(free.matches(host, actual))
        t.is(limited.matches(host, actual), limit === actual)
      }
      t.false(free.matches(`x${domain}`, actual))
      t.is(free.matches(below, actual), below === domain || below.endsWith(`.${domain}`))
    }),
  )
})

const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)

test('a network covers exactly the addresses that share its first bits', t => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (base, address, bits) => {
      const rest = BigInt(32 - bits)
      const inside = number(base) >> rest === number(address) >> rest
      t.is(new NoProxy(`${base}/${bits}`).matches(address, 80), inside)
    }),
  )
})

test('an IPv6 address covers itself in every spelling, and nothing throws whatever the list', t => {
  fc.assert(
    fc.property(fc.ipV6(), port, (address, anyPort) => {
      t.true(new NoProxy(`[${address}]`).matches(address.toUpperCase(), anyPort))
    }),
  )
  fc.assert(
    fc.property(fc.string(), fc.oneof(name, fc.ipV4(), fc.ipV6(), fc.string()), port, (list, host, anyPort) => {
      t.is(typeof new NoProxy(list).matches(host, anyPort), 'boolean')
    }),
  )
})
