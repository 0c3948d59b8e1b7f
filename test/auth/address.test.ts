import { clientAddress } from '../../src/auth/index.ts';
import { Networks } from '../../src/core/index.ts';
import { request } from './support.ts';

test.each<[string, readonly string[], boolean]>([
  ['10.1.2.3', ['10.0.0.0/8'], true],
  ['11.0.0.0', ['10.0.0.0/8'], false],
  ['192.0.2.1', ['192.0.2.1'], true],
  ['192.0.2.2', ['192.0.2.1'], false],
  ['192.0.2.2', ['192.0.2.1/32', '192.0.2.2/31'], true],
  ['0.0.0.0', ['0.0.0.0/0'], true],
  ['::1', ['0.0.0.0/0'], false],
  ['2001:db8::1', ['2001:db8::/32'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['2001:db8:0:0:0:0:0:1', ['2001:db8::1'], true],
  ['10.1.2.3', ['::/0'], false],
  ['10.1.2.3', ['::ffff:10.0.0.0/104'], true],
  ['11.1.2.3', ['::ffff:10.0.0.0/104'], false],
  ['10.1.2.3', ['10.0.0.0/33', 'x', '10.0.0.0/-1', '10.0.0.0/8/8', '010.0.0.0/8'], false],
  ['10.1.2.3', [], false],
])('%s in %j: %s', (address, networks, inside) => {
  const list = new Networks(networks);
  for (let round = 0; round < 2; round++) expect(list.has(address)).toBe(inside);
});

test('no address is in no network', () => {
  expect(new Networks(['0.0.0.0/0', '::/0']).has(null)).toBe(false);
});

test.each<[string | undefined, string | null]>([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:C000:0207', '192.0.2.7'],
  ['2001:DB8:0::1', '2001:db8::1'],
  ['0300.0.2.7', null],
  ['3221225991', null],
  ['fe80::1%eth0', null],
  ['localhost', null],
  ['', null],
  [undefined, null],
])('the peer %j is %j', (address, expected) => {
  expect(clientAddress([])(request({}, { address }))).toBe(expected);
});

test.each<[readonly string[], string, string, string | null]>([
  [[], '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  [['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  [['loopback'], '127.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
  [['loopback'], '::1', '203.0.113.9:4711', '203.0.113.9'],
  [['loopback'], '127.0.0.1', 'unknown', null],
  [['loopback'], '127.0.0.1', '203.0.113.9, unknown', null],
  [['loopback'], '127.0.0.1', '', '127.0.0.1'],
  [['loopback'], '127.0.0.1', '10.0.0.1 , ,', '10.0.0.1'],
  [['loopback'], '127.0.0.1', ' ,, 10.0.0.1,', '10.0.0.1'],
  [['loopback'], '127.0.0.1', ' , ,', '127.0.0.1'],
  [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.9,, 10.0.0.1 ,', '203.0.113.9'],
  [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.9, ;, 10.0.0.1', null],
  [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.9, [, 10.0.0.1', null],
  [['loopback'], '127.0.0.1', `${'1'.repeat(200)}`, null],
])('behind %j, peer %s, X-Forwarded-For %j: %j', (proxies, address, forwarded, expected) => {
  expect(clientAddress(proxies)(request({ 'x-forwarded-for': forwarded }, { address }))).toBe(expected);
});
