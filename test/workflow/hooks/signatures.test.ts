import { createHash, createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import {
  checkSignature,
  type SignatureStyle,
  type SignedRequest,
  signatureStyles,
} from '../../../src/workflow/hooks/signatures.ts';

interface Vector {
  readonly style: SignatureStyle;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly url?: string;
  /** Seconds since 1970. */
  readonly at: number;
}

const slackBody =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** The examples of the documentation of each scheme, and requests that its own rule makes where there is none. */
const vectors: readonly Vector[] = [
  {
    style: 'github',
    secret: "It's a Secret to Everybody",
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    },
    body: 'Hello, World!',
    at: 0,
  },
  {
    style: 'slack',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      ...form,
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    },
    body: slackBody,
    at: 1_531_420_618,
  },
  {
    style: 'twilio',
    secret: '12345',
    headers: { ...form, 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
    body: 'To=%2B18005551212&CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309',
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
    at: 0,
  },
  {
    style: 'standard',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    at: 1_614_265_330,
  },
  {
    style: 'stripe',
    secret: 'whsec_stripe',
    headers: {
      'stripe-signature': `t=1492774577,v1=${createHmac('sha256', 'whsec_stripe').update('1492774577.{"id":"evt_1"}').digest('hex')},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`,
    },
    body: '{"id":"evt_1"}',
    at: 1_492_774_577,
  },
  {
    style: 'shopify',
    secret: 'hush',
    headers: { 'x-shopify-hmac-sha256': createHmac('sha256', 'hush').update('{"id":1}').digest('base64') },
    body: '{"id":1}',
    at: 0,
  },
];

const requestOf = ({ headers, body, url = 'https://x.example/', at }: Vector): SignedRequest => ({
  ...{ headers, body: Buffer.from(body), url, now: at * 1000, toleranceMs: 300_000 },
});
const checked = (
  vector: Vector,
  more: Partial<SignedRequest> = {},
  secrets: readonly string[] = [vector.secret],
) => checkSignature(vector.style, { ...requestOf(vector), ...more }, secrets);

test('each style has a vector', () => {
  expect(new Set(vectors.map(({ style }) => style))).toEqual(new Set(signatureStyles));
});

describe.each(vectors.map((vector) => [vector.style, vector] as const))('%s', (style, vector) => {
  const name = Object.keys(vector.headers).find(
    (header) => header.includes('signature') || header.includes('hmac'),
  )!;
  const given = vector.headers[name]!;
  const withHeader = (value: string | undefined) => ({ headers: { ...vector.headers, [name]: value } });
  const another = style === 'standard' ? `whsec_${Buffer.alloc(24, 7).toString('base64')}` : 'another';
  const isTimed = ['stripe', 'slack', 'standard'].includes(style);

  test('the published example is right, also as one of several secrets', () => {
    expect(checked(vector)).toBeNull();
    expect(checked(vector, {}, [another, '', vector.secret])).toBeNull();
  });

  const other = Buffer.from(`${vector.body}x`);
  const attacks: readonly (readonly [string, Partial<SignedRequest>, (readonly string[])?])[] = [
    ['another secret', {}, [another]],
    ['an empty secret', {}, ['']],
    ['no secret', {}, []],
    ['another body', { body: other }],
    ['an empty body', { body: Buffer.alloc(0) }],
    ['the body in UTF-16', { body: Buffer.from(vector.body, 'utf16le') }],
    ['the body with a byte order mark', { body: Buffer.from(`\uFEFF${vector.body}`) }],
    ['no signature', withHeader(undefined)],
    ['an empty signature', withHeader('')],
    ['a truncated signature', withHeader(given.slice(0, -3))],
    ['a longer signature', withHeader(`${given}00`)],
    ['a signature with a blank within', withHeader(`${given.slice(0, 20)} ${given.slice(20)}`)],
    ['two headers of that name, joined', withHeader(`${'0'.repeat(8)}, ${given}`)],
    ['a signature of nothing', withHeader(createHash('sha256').update('').digest('hex'))],
    ['a line break in the header', withHeader(`${given}\r\nx: y`)],
    ...(isTimed
      ? ([
          ['replayed later', { now: (vector.at + 301) * 1000 }],
          ['from the future', { now: (vector.at - 301) * 1000 }],
        ] as const)
      : []),
  ];
  // In these styles a header may list several signatures; one that is right counts.
  const listed: Readonly<Record<string, readonly string[]>> = {
    stripe: [
      ...['two headers of that name, joined', 'a longer signature', 'a truncated signature'],
      'a line break in the header',
    ],
    standard: ['two headers of that name, joined'],
  };
  const lists = listed[style] ?? [];
  const table = attacks
    .filter(([what]) => !lists.includes(what))
    .map(([what, more, secrets = [vector.secret]]) => [what, { more, secrets: [...secrets] }] as const);
  test.each(table)('%s is refused', (_, { more, secrets }) => {
    expect(checked(vector, more, secrets)).toEqual(expect.any(String));
  });
});

test('what is signed besides the body counts: times, ids, URLs', () => {
  const [, slack, twilio, standard, stripe] = vectors as [Vector, Vector, Vector, Vector, Vector];
  const changed = (vector: Vector, headers: object) =>
    checked(vector, { headers: { ...vector.headers, ...headers } });
  expect(changed(slack, { 'x-slack-request-timestamp': '1531420619' })).toMatch(/wrong/);
  expect(changed(slack, { 'x-slack-request-timestamp': '1531420618.0' })).toMatch(/no time/);
  expect(changed(standard, { 'webhook-timestamp': '1614265331' })).toMatch(/wrong/);
  // The end of an id cannot become the time.
  expect(changed(standard, { 'webhook-id': 'msg.1614265330' })).toMatch(/dot/);
  expect(changed(stripe, { 'stripe-signature': `t=1,${stripe.headers['stripe-signature']}` })).toMatch(
    /several/,
  );
  expect(checked(twilio, { url: 'https://mycompany.com/myapp.php?foo=1&bar=3' })).toMatch(/wrong/);
  const json = Buffer.from('{"a":1}');
  const url = `https://x.example/hook?bodySHA256=${createHash('sha256').update(json).digest('hex')}`;
  const signature = createHmac('sha1', '12345').update(url).digest('base64');
  const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature };
  expect(checked(twilio, { url, body: json, headers })).toBeNull();
  expect(checked(twilio, { url, body: Buffer.from('{"a":2}'), headers })).toMatch(/hash/);
});

test('messages of the library of Standard Webhooks are right, with several signatures', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const at = new Date('2030-01-01T00:00:00Z');
  const right = new Webhook(secret).sign('msg_1', at, '{"a":1}');
  const request: SignedRequest = {
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': `v1,${'A'.repeat(43)}= v1a,xyz ${right}`,
    },
    ...{ body: Buffer.from('{"a":1}'), url: '', now: at.getTime(), toleranceMs: 1000 },
  };
  expect(checkSignature('standard', request, [secret])).toBeNull();
});

test.each([
  ['whsec_', ''],
  ['whsec_!!!!', ''],
  ['my-secret', 'my-secret'],
  [`whsec_${Buffer.alloc(23, 1).toString('base64')}`, Buffer.alloc(23, 1)],
  [`whsec_${Buffer.alloc(65, 1).toString('base64')}`, Buffer.alloc(65, 1)],
])('Standard Webhooks: nobody is let in by the secret %s, whatever its key is decoded to', (secret, key) => {
  const signed = createHmac('sha256', key as string)
    .update('m1.1000.{}')
    .digest('base64');
  const lenient = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
    .update('m1.1000.{}')
    .digest('base64');
  const headers = {
    'webhook-id': 'm1',
    'webhook-timestamp': '1000',
    'webhook-signature': `v1,${signed} v1,${lenient}`,
  };
  const request = {
    ...{ headers, body: Buffer.from('{}'), url: 'https://x.example/', now: 1_000_000, toleranceMs: 1_000 },
  };
  expect(() => checkSignature('standard', request, [secret])).toThrow(
    expect.objectContaining({ code: 'unavailable', internal: expect.stringContaining('must be whsec_') }),
  );
});

test('Standard Webhooks: the secret may come without whsec_', () => {
  const key = Buffer.alloc(24, 9);
  const signature = createHmac('sha256', key).update('m1.1000.{}').digest('base64');
  const headers = {
    'webhook-id': 'm1',
    'webhook-timestamp': '1000',
    'webhook-signature': `v1,${signature}`,
  };
  const request = {
    ...{ headers, body: Buffer.from('{}'), url: 'https://x.example/', now: 1_000_000, toleranceMs: 1_000 },
  };
  expect(checkSignature('standard', request, [key.toString('base64')])).toBeNull();
});
