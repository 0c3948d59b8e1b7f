import type { IncomingMessage } from 'node:http';
import type { Session } from '../../src/access/index.ts';
import { type AuthRequest, createAuth, mintKey, plainHash, websocketRequest } from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';
import { Dice } from '../conformance/dice.ts';
import { at, jwk, now, otherRsa, p256, part, payload, pem, rsa, signed } from './jwt.ts';
import { mutated, randomText } from './mutate.ts';
import { upgrade } from './upgrade.ts';

const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const replay = `FOZ_SEED=${seed}`;

const secret = 'an admin secret of some length';
const hmac = 'k'.repeat(32);
const pepper = Buffer.alloc(32);
const [open, closed, expired] = [mintKey(pepper), mintKey(pepper), mintKey(pepper)];
const tokens = {
  ada: signed({ ...payload, sub: 'ada' }, rsa.privateKey, { alg: 'RS256', kid: 'r' }),
  bob: signed({ ...payload, sub: 'bob', iss: 'https://second' }, p256.privateKey, { alg: 'ES256', kid: 'e' }),
  cyd: signed({ ...payload, sub: 'cyd', iss: undefined }, hmac, { alg: 'HS256' }),
};

const { identify, close } = createAuth({
  config: {
    admin_secrets: [secret],
    anonymous_role: 'visitor',
    api_keys: [
      { name: 'open', key: open.key, roles: ['reader'] },
      { name: 'closed', key: closed.key, roles: ['reader'], networks: ['10.0.0.0/8'] },
      {
        name: 'expired',
        prefix: expired.prefix,
        hash: plainHash(expired.key),
        roles: ['reader'],
        expires_at: '2020-01-01',
      },
    ],
    jwt: [
      {
        issuer: payload.iss,
        audience: 'foz',
        key: jwk(rsa, { kid: 'r' }),
        from: [{ header: 'authorization' }, { cookie: 'token' }],
      },
      {
        issuer: 'https://second',
        audience: 'foz',
        key: [pem(p256)],
        from: [{ header: 'authorization' }, { header: 'x-token' }],
      },
      { issuer: null, audience: 'foz', secret: hmac },
    ],
  },
});

afterAll(close);

interface Rightful {
  readonly actor: string;
  readonly roles: readonly string[] | null;
  readonly address?: string;
}

/** Whom each right credential stands for, the only roles that it opens, and the only address that it may come from. */
const rightful: Readonly<Record<string, Rightful>> = {
  [secret]: { actor: 'admin-secret admin-1', roles: null },
  [closed.key]: { actor: 'api-key closed', roles: ['reader'], address: '::ffff:10.0.0.1' },
  [open.key]: { actor: 'api-key open', roles: ['reader'] },
  [tokens.ada]: { actor: 'jwt ada', roles: ['user', 'editor'] },
  [tokens.bob]: { actor: 'jwt bob', roles: ['user', 'editor'] },
  [tokens.cyd]: { actor: 'jwt cyd', roles: ['user', 'editor'] },
};
const credentials = [...Object.keys(rightful), expired.key];

/** Whether a request holds exactly this credential in a place where it counts. */
function holds({ headers }: AuthRequest, credential: string): boolean {
  return Object.entries(headers).some(([name, value]) => {
    const text = String(value);
    if (name === 'cookie')
      return text.split(';').some((one) => one.trim().replaceAll('"', '') === `token=${credential}`);
    return text === credential || (/^bearer /i.test(text) && text.slice(7).trim() === credential);
  });
}

/** Asks who it is: a session, or the code of the refusal. Anything else that is thrown comes out. */
async function ask(request: AuthRequest): Promise<Session | string> {
  try {
    return await identify(request, now);
  } catch (error) {
    if (error instanceof FozError) return error.code;
    throw error;
  }
}

/** Null when what came out is right for the request, else what is wrong. */
function fault(request: AuthRequest, outcome: Session | string): string | null {
  if (typeof outcome === 'string')
    return outcome === 'access-denied' || outcome === 'limit-exceeded' ? null : `code ${outcome}`;
  const actor = `${outcome.actor?.kind} ${outcome.actor?.id}`;
  if (actor === 'anonymous visitor') {
    const carries = [
      'authorization',
      'x-api-key',
      'x-token',
      'x-foz-admin-secret',
      'x-hasura-admin-secret',
    ].filter((name) => request.headers[name] !== undefined);
    if (outcome.role !== 'visitor') return `anonymous as ${outcome.role}`;
    return carries.length > 0 ? `anonymous with ${carries}` : null;
  }
  const credential = Object.keys(rightful).find((one) => rightful[one]!.actor === actor);
  if (credential === undefined || !holds(request, credential)) return `${actor} without its credential`;
  const { roles, address } = rightful[credential]!;
  if (address !== undefined && address !== request.address) return `${actor} from ${request.address}`;
  return roles === null || roles.includes(outcome.role) ? null : `${actor} as ${outcome.role}`;
}

const places: readonly ((credential: string) => [string, string])[] = [
  (text) => ['authorization', `Bearer ${text}`],
  (text) => ['authorization', `Bearer ${text}`],
  (text) => ['x-api-key', text],
  (text) => ['x-foz-admin-secret', text],
  (text) => ['x-hasura-admin-secret', text],
  (text) => ['x-token', text],
  (text) => ['cookie', `token=${text}`],
  (text) => ['cookie', `a=b; token="${text}"; c`],
  (text) => ['authorization', text],
];

const extras = [
  'x-foz-role',
  'x-hasura-role',
  'x-hasura-user-id',
  'x-foz-tenant',
  'x-forwarded-for',
  'origin',
  'host',
  'sec-fetch-site',
  'x-foz-csrf',
  'x-foz-use-backend-only-permissions',
  'x-hasura-allowed-roles',
];
const words = [
  'admin',
  'reader',
  'user',
  'editor',
  'visitor',
  'true',
  '10.0.0.1',
  'https://h',
  'h',
  'same-origin',
  '__proto__',
  'constructor',
  '',
  '1',
];

function randomRequest(dice: Dice): AuthRequest {
  const headers: Record<string, string> = {};
  for (let left = dice.chance(80) ? 1 : 2; left > 0; left--) {
    const [name, value] = dice.pick(places)(mutated(dice.pick(credentials), dice, credentials));
    headers[name] = dice.chance(5) ? mutated(value, dice, credentials) : value;
  }
  for (let left = dice.whole(4); left > 0; left--)
    headers[dice.pick(extras)] = dice.chance(70) ? dice.pick(words) : randomText(dice, dice.whole(30));
  if (dice.chance(1)) headers[dice.pick(extras)] = 'x'.repeat(20_000);
  const rawHeaders = dice.chance(20) ? Object.entries(headers).flat() : undefined;
  if (rawHeaders !== undefined && dice.chance(20)) rawHeaders.push(dice.pick(extras), 'again');
  const url = dice.chance(3)
    ? `/graphql?a=${mutated(dice.pick(credentials), dice, credentials)}`
    : '/graphql';
  const address = dice.chance(80)
    ? '192.0.2.7'
    : dice.pick([undefined, '', 'x', '::ffff:10.0.0.1', '256.1.1.1']);
  return { headers, rawHeaders, url, address, via: dice.chance(80) ? 'http' : 'websocket' };
}

test(`60,000 requests with credentials that were changed (${replay})`, async () => {
  const dice = new Dice(seed);
  let sessions = 0;
  for (let run = 0; run < 60_000; run++) {
    const request = randomRequest(dice);
    const outcome = await ask(request);
    if (typeof outcome !== 'string') sessions++;
    const wrong = fault(request, outcome);
    if (wrong !== null) throw new Error(`${replay}, run ${run}: ${wrong} for ${JSON.stringify(request)}`);
  }
  expect(sessions).toBeGreaterThan(300);
  expect(sessions).toBeLessThan(6000);
}, 60_000);

const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  at,
  at - 31,
  at - 29,
  at + 600,
  '',
  'foz',
  'user',
  String(at + 600),
  [],
  ['foz'],
  ['user'],
  ['other', 'foz'],
  {},
  { length: 1 },
  [['user']],
  [null],
  'https://second',
  { 'x-foz-default-role': 'user' },
  '{"x-foz-default-role":"user"}',
  '{',
];
const algorithms = [
  'RS256',
  'RS512',
  'PS256',
  'ES256',
  'ES384',
  'HS256',
  'HS512',
  'EdDSA',
  'none',
  'None',
  'rs256',
  '',
  null,
  1,
  ['RS256'],
];

test(`20,000 tokens with headers and payloads of all kinds, not signed or signed with the wrong key (${replay})`, async () => {
  const dice = new Dice(seed + 1);
  for (let run = 0; run < 20_000; run++) {
    const header: Record<string, unknown> = { alg: dice.pick(algorithms) };
    for (const name of ['kid', 'typ', 'crit', 'jku', 'jwk', 'x5c', 'b64', 'zip'])
      if (dice.chance(15)) header[name] = dice.pick([...values, 'r', 'e', jwk(otherRsa)]);
    const claims: Record<string, unknown> = { ...payload };
    for (let left = dice.whole(3); left > 0; left--)
      claims[dice.pick(['iss', 'aud', 'exp', 'nbf', 'sub', '__proto__'])] = dice.pick(values);
    const text = `${part(header)}.${part(claims)}`;
    const signature = dice.pick([
      tokens.ada.split('.')[2]!,
      tokens.cyd.split('.')[2]!,
      '',
      'AAAA',
      signed(claims, pem(rsa), { alg: 'HS256' }).split('.')[2]!,
    ]);
    const request: AuthRequest = {
      headers: { authorization: `Bearer ${text}.${signature}` },
      address: '192.0.2.7',
      via: 'http',
    };
    const outcome = await ask(request);
    if (outcome !== 'access-denied' && !holds(request, tokens.ada) && !holds(request, tokens.cyd))
      throw new Error(
        `${replay}, run ${run}: ${JSON.stringify(outcome)} for ${JSON.stringify([header, claims])}`,
      );
  }
}, 60_000);

/** Whether claims that are signed rightly must be accepted: read from the rules, not from the code. */
function isAcceptable(claims: Record<string, unknown>): boolean {
  const { iss, aud, exp, nbf, iat } = claims;
  const number = (value: unknown) => typeof value === 'number';
  if (iss !== undefined) return false;
  if (!(aud === 'foz' || (Array.isArray(aud) && aud.includes('foz')))) return false;
  if (!number(exp) || (exp as number) <= at - 30) return false;
  if (nbf !== undefined && (!number(nbf) || (nbf as number) > at + 30)) return false;
  if (iat !== undefined && !number(iat)) return false;
  const told =
    claims['https://foz.dev/claims'] === undefined
      ? claims['https://hasura.io/jwt/claims']
      : claims['https://foz.dev/claims'];
  return JSON.stringify(told)?.includes('user') === true && !Array.isArray(told) && told !== 'user';
}

test(`10,000 payloads of all kinds, signed rightly: accepted exactly when the rules say so (${replay})`, async () => {
  const dice = new Dice(seed + 2);
  let accepted = 0;
  for (let run = 0; run < 10_000; run++) {
    const claims: Record<string, unknown> = { ...payload, iss: undefined };
    for (let left = dice.whole(3); left > 0; left--)
      claims[
        dice.pick([
          'aud',
          'exp',
          'nbf',
          'iat',
          'https://foz.dev/claims',
          'https://hasura.io/jwt/claims',
          'iss',
          'more',
        ])
      ] = dice.pick(values);
    const outcome = await ask({
      headers: { authorization: `Bearer ${signed(claims, hmac, { alg: 'HS256' })}` },
      address: '192.0.2.7',
      via: 'http',
    });
    const expected = isAcceptable(claims);
    if (typeof outcome !== 'string') accepted++;
    if (expected !== (typeof outcome !== 'string') || (!expected && outcome !== 'access-denied'))
      throw new Error(`${replay}, run ${run}: ${JSON.stringify(outcome)} for ${JSON.stringify(claims)}`);
  }
  expect(accepted).toBeGreaterThan(1000);
}, 60_000);

function randomValue(dice: Dice, depth = 0): unknown {
  const kind = dice.whole(depth > 2 ? 4 : 6);
  if (kind === 0) return dice.pick(values);
  if (kind < 4)
    return dice.chance(50)
      ? mutated(dice.pick(credentials), dice, credentials)
      : randomText(dice, dice.whole(40));
  const entries = Array.from({ length: dice.whole(4) }, () => randomValue(dice, depth + 1));
  return kind === 4 ? entries : Object.fromEntries(entries.map((value) => [randomText(dice, 5), value]));
}

test(`20,000 payloads of connection_init (${replay})`, async () => {
  const dice = new Dice(seed + 3);
  const socket: IncomingMessage = await upgrade({ origin: 'https://h', cookie: 'x=y' });
  for (let run = 0; run < 20_000; run++) {
    const headers = Object.fromEntries(
      Array.from({ length: dice.whole(4) }, () => [
        dice.chance(80)
          ? dice.pick([
              'Authorization',
              'X-API-Key',
              'x-foz-admin-secret',
              'X-Hasura-Role',
              'x-token',
              'Cookie',
              'Origin',
              '__proto__',
            ])
          : randomText(dice, dice.whole(10)),
        dice.chance(60)
          ? dice.pick(places)(mutated(dice.pick(credentials), dice, credentials))[1]
          : randomValue(dice),
      ]),
    );
    const sent = dice.chance(80)
      ? { headers }
      : dice.chance(50)
        ? { headers: randomValue(dice) }
        : randomValue(dice);
    let request: AuthRequest | undefined;
    try {
      request = websocketRequest(socket, sent);
    } catch (error) {
      if (!(error instanceof FozError) || (error.code !== 'access-denied' && error.code !== 'limit-exceeded'))
        throw error;
    }
    const wrong = request === undefined ? null : fault(request, await ask(request));
    if (wrong !== null) throw new Error(`${replay}, run ${run}: ${wrong} for ${JSON.stringify(sent)}`);
  }
}, 60_000);
