import { Webhook } from 'standardwebhooks';
import { bodyOf, eventId } from '../../../src/workflow/deliveries/event.ts';
import { SigningSecret, signedHeaders } from '../../../src/workflow/deliveries/signature.ts';

const [one, two] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', SigningSecret.make()];
const bodies = ['{}', '{"a":1}', '{"name":"Grüße 🎈","nul":"\\u0000"}', `"${'x'.repeat(100_000)}"`];

test.each(bodies)('the signature of a body is that of Standard Webhooks', (body) => {
  const at = Date.now();
  const headers = signedHeaders({ id: 'evt_1', at, body }, [SigningSecret.read(one)]);
  expect(headers['webhook-signature']).toBe(new Webhook(one).sign('evt_1', new Date(at), body));
  expect(new Webhook(one).verify(body, { ...headers })).toEqual(JSON.parse(body));
});

test('while secrets are changed, receivers verify with either, and with no other', () => {
  const body = '{"a":1}';
  const headers = {
    ...signedHeaders({ id: 'evt_1', at: Date.now(), body }, [two, one].map(SigningSecret.read)),
  };
  for (const secret of [one, two]) expect(new Webhook(secret).verify(body, headers)).toEqual({ a: 1 });
  expect(() => new Webhook(SigningSecret.make()).verify(body, headers)).toThrow('No matching signature');
  expect(() => new Webhook(one).verify('{"a":2}', headers)).toThrow('No matching signature');
  expect(() => new Webhook(one).verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow(
    'No matching signature',
  );
});

test('a signature cannot be read as that of another message: ids have no dots', () => {
  const sign = (id: string, at: number, body: string) =>
    signedHeaders({ id, at, body }, [SigningSecret.read(one)]);
  // With dots in ids both would sign "a.1.2.b": the id a at time 1 with the body 2.b, and the id a.1 at time 2 with the body b.
  expect(SigningSecret.read(one).sign('a', 1, '2.b')).toBe(SigningSecret.read(one).sign('a.1', 2, 'b'));
  for (const id of ['a.1', '', 'a b', 'a\n', 'é', 'x'.repeat(256)])
    expect(() => sign(id, 2_000, 'b')).toThrow('id of a message');
});

test.each([
  '',
  'secret',
  'whsec_',
  'whsec_c2hvcnQ=',
  `whsec_${'A'.repeat(100)}`,
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS',
  'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_!fKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
])('the secret %s is refused, and not repeated', (text) => {
  const read = () => SigningSecret.read(text);
  expect(read).toThrow(/^A signing secret must be whsec_ and 24 to 64 bytes in base64\. Make one: /);
  if (text.length > 10) expect(read).not.toThrow(text);
});

test('a body in the form of CloudEvents keeps the digits of the payload', () => {
  const event = {
    id: 'evt_1',
    type: 'orders.update',
    source: '/sources/shop/orders',
    time: '2026-01-02T03:04:05Z',
    payload: '{"n":12345678901234567890.10}',
  };
  const { type, text } = bodyOf(event, 'cloudevents');
  expect(type).toBe('application/cloudevents+json; charset=utf-8');
  expect(text).toBe(
    '{"specversion":"1.0","id":"evt_1","type":"orders.update","source":"/sources/shop/orders","time":"2026-01-02T03:04:05Z",' +
      '"datacontenttype":"application/json","data":{"n":12345678901234567890.10}}',
  );
  expect(bodyOf(event, 'payload')).toEqual({ type: 'application/json', text: event.payload });
});

test('the id of an event is the same whenever it is found, and another one for other parts', () => {
  expect(eventId('a', 'b')).toBe(eventId('a', 'b'));
  expect(eventId('a', 'b')).toMatch(/^evt_[A-Za-z0-9_-]{32}$/);
  expect(new Set([eventId('a', 'b'), eventId('ab'), eventId('a', 'b', ''), eventId('b', 'a')]).size).toBe(4);
});
