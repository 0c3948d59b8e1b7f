// The time of authentication, for cached credentials and for the first use of the same ones.
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './processes.mjs';

const runs = 20_000;
const batches = 15;
const end = Math.floor(Date.now() / 1000) + 86_400;

/** Headers that a browser behind a proxy sends. */
const usual = {
  host: 'api.example.com',
  connection: 'keep-alive',
  'content-length': '312',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'content-type': 'application/json',
  accept: 'application/graphql-response+json, application/json',
  origin: 'https://app.example.com',
  'sec-fetch-site': 'same-site',
  'sec-fetch-mode': 'cors',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-GB,en;q=0.9',
  'x-forwarded-for': '198.51.100.17',
  'x-request-id': '0f8b2f6e-6d0c-4a3e-9f1e-0d7a7a7b4c11',
};

function requestWith(headers) {
  const all = { ...usual, ...headers };
  return {
    headers: all,
    rawHeaders: Object.entries(all).flat(),
    url: '/graphql',
    address: '127.0.0.1',
    via: 'http',
  };
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf({ privateKey }, algorithm, subject) {
  const claims = {
    'x-hasura-allowed-roles': ['user', 'editor', 'manager'],
    'x-hasura-default-role': 'user',
    'x-hasura-user-id': subject,
    'x-hasura-org-id': '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  };
  const payload = {
    iss: `https://${algorithm}`,
    aud: 'foz',
    sub: subject,
    email: `${subject}@example.com`,
    exp: end,
    'https://hasura.io/jwt/claims': claims,
  };
  const text = `${part({ alg: algorithm, typ: 'JWT' })}.${part(payload)}`;
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

/** Microseconds per call: the median of the batches, and the slowest one. */
function time(call) {
  const found = Array.from({ length: batches }, () => {
    const started = process.hrtime.bigint();
    for (let run = 0; run < runs; run++) call();
    return Number(process.hrtime.bigint() - started) / 1000 / runs;
  })
    .slice(3)
    .sort((left, right) => left - right);
  return { median: found[Math.floor(found.length / 2)], most: found.at(-1) };
}

async function timeFirst(call, count) {
  const started = performance.now();
  for (let at = 0; at < count; at++) await call(at);
  return ((performance.now() - started) * 1000) / count;
}

function authOf({ createAuth }, keys, pairs) {
  return createAuth({
    config: {
      admin_secrets: ['an admin secret of some length'],
      anonymous_role: 'visitor',
      trusted_proxies: ['loopback'],
      api_keys: keys.map(({ key }, at) => ({
        name: `key-${at}`,
        key,
        roles: ['reader'],
        ...(at === 1 ? { networks: ['198.51.100.0/24'] } : {}),
      })),
      jwt: Object.entries(pairs).map(([name, { publicKey }]) => ({
        issuer: `https://${name}`,
        audience: 'foz',
        key: publicKey.export({ type: 'spki', format: 'pem' }),
      })),
    },
  });
}

export async function run() {
  const auth = await import(pathToFileURL(join(root, 'dist/src/auth/index.js')).href);
  const keys = Array.from({ length: 2000 }, () => auth.mintKey(Buffer.alloc(32)));
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  const { identify, close } = authOf(auth, keys, pairs);
  const remembered = {
    'API key': requestWith({ 'x-api-key': keys[0].key }),
    'API key, only from a network, behind a proxy': requestWith({ authorization: `Bearer ${keys[1].key}` }),
    'token, RS256': requestWith({ authorization: `Bearer ${tokenOf(pairs.RS256, 'RS256', 'ada')}` }),
    'token, ES256, a role asked for': requestWith({
      authorization: `Bearer ${tokenOf(pairs.ES256, 'ES256', 'ada')}`,
      'x-hasura-role': 'editor',
    }),
    'admin secret': requestWith({ 'x-hasura-admin-secret': 'an admin secret of some length' }),
    'admin secret with role and variables': requestWith({
      'x-hasura-admin-secret': 'an admin secret of some length',
      'x-hasura-role': 'user',
      'x-hasura-user-id': '7',
      'x-hasura-org-id': '12',
    }),
    'no credentials, anonymous role': requestWith({}),
  };
  console.log(`Who is asking, ${runs} times in each of ${batches - 3} batches, microseconds:`);
  for (const [name, request] of Object.entries(remembered)) {
    const now = Date.now();
    await identify(request, now);
    const { median, most } = time(() => identify(request, now));
    console.log(`  ${name.padEnd(46)} ${median.toFixed(2).padStart(7)}  (most ${most.toFixed(2)})`);
  }
  console.log('\nThe same the first time, one after the other:');
  const first = {
    'API key': [2000, (at) => requestWith({ 'x-api-key': keys[at].key })],
    ...Object.fromEntries(
      Object.entries(pairs).map(([name, pair]) => [
        `token, ${name}`,
        [2000, (at) => requestWith({ authorization: `Bearer ${tokenOf(pair, name, `u${at}`)}` })],
      ]),
    ),
  };
  for (const [name, [count, make]] of Object.entries(first)) {
    const requests = Array.from({ length: count }, (_, at) => make(at));
    const each = await timeFirst((at) => identify(requests[at]), count);
    console.log(`  ${name.padEnd(46)} ${each.toFixed(1).padStart(7)}`);
  }
  await close();
}
