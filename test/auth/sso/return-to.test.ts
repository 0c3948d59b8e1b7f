import { returnUrl, SignInRefused } from '../../../src/auth/index.ts';

const base = new URL('https://foz.example.com/');
const settings = { redirect_origins: ['https://app.example.com'] };

test.each([
  [null, '/'],
  ['', '/'],
  ['/orders?page=2#top', '/orders?page=2#top'],
  ['orders', '/orders'],
  ['https:evil.example', '/evil.example'],
  ['https://foz.example.com/a', '/a'],
  ['https://app.example.com/b', 'https://app.example.com/b'],
])('%p leads to %s', (given, expected) => {
  expect(returnUrl(given, base, settings).href).toBe(new URL(expected, base).href);
});

test.each([
  'https://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  ' https://evil.example',
  'https://app.example.com.evil.example/',
  'https://app.example.com@evil.example/',
  'https://user@app.example.com/',
  'http://app.example.com/',
  'https://app.example.com:444/',
  'javascript:alert(1)',
  'data:text/html,x',
  'https://foz.example.com\\@evil.example',
  'http://foz.example.com/',
  `/${'a'.repeat(1_001)}`,
  'https://[',
])('%p is refused', (given) => {
  expect(() => returnUrl(given, base, settings)).toThrow(SignInRefused);
});
