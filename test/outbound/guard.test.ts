import { addressKind } from '../../src/outbound/address-kind.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { HostList, isHostEntry } from '../../src/outbound/host-list.ts';
import { checkOutbound } from '../../src/outbound/index.ts';

test.each([
  ['public', ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8', '64:ff9b::808:808']],
  [
    'loopback',
    ['127.0.0.1', '127.255.255.254', '0.0.0.0', '::', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
  ],
  [
    'private',
    [
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '100.64.0.1',
      'fd12::1',
      'fc00::1',
      'fec0::1',
      '::ffff:a00:1',
      '64:ff9b::a00:1',
    ],
  ],
  ['link-local', ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', '::ffff:169.254.1.1']],
  [
    'metadata',
    [
      '169.254.169.254',
      '169.254.170.2',
      '::ffff:169.254.169.254',
      '64:ff9b::a9fe:a9fe',
      'fd00:ec2::254',
      'fd20:ce::254',
      '100.100.100.200',
      '168.63.129.16',
      '192.0.0.192',
    ],
  ],
  [
    'special',
    [
      ...[
        '0.1.2.3',
        '192.0.0.1',
        '192.0.2.1',
        '198.18.0.1',
        '203.0.113.1',
        '224.0.0.1',
        '240.0.0.1',
        '255.255.255.255',
      ],
      ...[
        'ff02::1',
        '2001:db8::1',
        '2002:7f00:1::',
        '2001::1',
        '64:ff9b:1::a00:1',
        '100::1',
        '4000::1',
        '3fff::1',
      ],
      ...['', 'localhost', '127.1', '2130706433', '0177.0.0.1', '1.2.3.4.5', '/tmp/socket'],
    ],
  ],
])('addresses that are %s', (kind, addresses) => {
  for (const address of addresses) expect([address, addressKind(address)]).toEqual([address, kind]);
});

const target = (host: string, port = 443) => ({ host, port });

test('URLs of anyone reach public addresses only, and what is listed', () => {
  const guard = new Guard('anyone', [
    '10.1.0.0/16',
    'hooks.internal',
    '*.svc.local:8080',
    '[fd00::1]:9000',
    '127.0.0.5',
  ]);
  const permits = (host: string, address: string, port = 443) => guard.permits(target(host, port), address);
  expect(permits('example.com', '8.8.8.8')).toBe(true);
  expect(permits('example.com', '10.2.0.1')).toBe(false);
  expect(permits('example.com', '10.1.2.3')).toBe(true);
  expect(permits('example.com', '::ffff:10.1.2.3')).toBe(true);
  expect(permits('hooks.internal', '192.168.0.1')).toBe(true);
  expect(permits('HOOKS.internal.', '127.0.0.1')).toBe(true);
  expect(permits('evil.hooks.internal', '127.0.0.1')).toBe(false);
  expect(permits('a.svc.local', '10.9.9.9', 8080)).toBe(true);
  expect(permits('a.svc.local', '10.9.9.9', 8081)).toBe(false);
  expect(permits('svc.local', '10.9.9.9', 8080)).toBe(false);
  expect(permits('xsvc.local', '10.9.9.9', 8080)).toBe(false);
  expect(permits('x', 'fd00::1', 9000)).toBe(true);
  expect(permits('x', 'fd00::1', 9001)).toBe(false);
  expect(permits('x', '127.0.0.5')).toBe(true);
  expect(permits('x', '127.0.0.6')).toBe(false);
});

test('a name or a network that is listed gives nobody the metadata service, nor reserved addresses', () => {
  const guard = new Guard('anyone', ['hooks.internal', '0.0.0.0/0']);
  for (const address of ['169.254.169.254', 'fd00:ec2::254', '168.63.129.16'])
    expect(guard.permits(target('hooks.internal'), address)).toBe(false);
  expect(guard.permits(target('hooks.internal'), 'fe80::1')).toBe(false);
  expect(guard.permits(target('hooks.internal'), 'ff02::1')).toBe(false);
  expect(new Guard('anyone', ['169.254.169.254']).permits(target('x'), '169.254.169.254')).toBe(true);
});

test('URLs of operators also reach this machine and inner networks, but no metadata service', () => {
  const guard = new Guard('operator');
  for (const address of ['8.8.8.8', '127.0.0.1', '::1', '0.0.0.0', '10.0.0.1', 'fd00::1', '100.64.0.1'])
    expect(guard.permits(target('x'), address)).toBe(true);
  for (const address of ['169.254.169.254', '169.254.1.1', 'fe80::1', '224.0.0.1', '100.100.100.200', ''])
    expect(guard.permits(target('x'), address)).toBe(false);
});

test('entries that could never match are mistakes, told with their places', () => {
  for (const entry of [
    'hooks.internal',
    '*.internal',
    'a:80',
    '10.0.0.0/8',
    '10.0.0.1:80',
    'fd00::/8',
    '[fd00::1]:80',
  ])
    expect([entry, isHostEntry(entry)]).toEqual([entry, true]);
  for (const entry of [
    '',
    'http://a',
    'a/b',
    '*',
    'a.*',
    '10.0.0',
    '10.0.0.0/33',
    '127.1',
    'a:0',
    'a:99999',
    'a b',
    '*.',
    '[a]:80',
  ])
    expect([entry, isHostEntry(entry)]).toEqual([entry, false]);
  const problems = checkOutbound({
    allow: ['ok', 'http://no'],
    proxy: { url: 'socks5://user:s3cret@proxy', bypass: ['*'] },
    certificates: [{ hosts: ['a b'], cert: '', key: '' }],
  });
  expect(problems.map(({ path }) => path.join('.'))).toEqual([
    'allow.1',
    'proxy.bypass.0',
    'certificates.0.hosts.0',
    'proxy.url',
  ]);
  expect(JSON.stringify(problems)).not.toContain('s3cret');
  expect(new HostList(['http://no']).hasName('no', 80)).toBe(false);
});
