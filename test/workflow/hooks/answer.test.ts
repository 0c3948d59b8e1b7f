import { ofRun } from '../../../src/workflow/hooks/answer.ts';

const respond = (headers: Record<string, string>, body: unknown = '<script>alert(1)</script>') =>
  ofRun('r1', { kind: 'response', response: { status: 200, headers, body } });

test('whatever headers a workflow sends, a browser takes its answer for no page of the origin', () => {
  const answer = respond({
    'Content-Type': 'text/html',
    'Content-Security-Policy': 'script-src *',
    'X-Content-Type-Options': 'none',
    'Set-Cookie': 'session=1',
    'Clear-Site-Data': '"*"',
    'Service-Worker-Allowed': '/',
    'Content-Length': '1',
    'X-Own': 'kept',
    'Cache-Control': 'max-age=60',
  });
  expect(answer.headers).toEqual({
    'content-type': 'text/html',
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'max-age=60',
    'x-own': 'kept',
  });
});

test.each([
  ['text', 'text/plain; charset=utf-8', 'text'],
  [{ a: 1 }, 'application/json; charset=utf-8', '{"a":1}'],
  [null, 'application/json; charset=utf-8', ''],
])('a body %j has the type %s', (body, type, text) => {
  const answer = respond({}, body);
  expect(answer).toMatchObject({ status: 200, body: text });
  expect(answer.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' });
});
