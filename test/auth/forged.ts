import type { Session } from '../../src/access/index.ts';
import { type AuthRequest, createAuth, mintKey, plainHash } from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';
import type { Dice } from '../conformance/dice.ts';
import { jwk, now, p256, payload, pem, rsa, signed } from './jwt.ts';
import { mutated, randomText } from './mutate.ts';

/** The seed; FOZ_SEED repeats a run. */
export const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
export const replay = `FOZ_SEED=${seed}`;

const secret = 'an admin secret of some length';
/** The shared secret of tokens without an issuer. */
export const hmac = 'k'.repeat(32);
const pepper = Buffer.alloc(32);
const [open, closed, expired] = [mintKey(pepper), mintKey(pepper), mintKey(pepper)];
/** Valid tokens. */
export const tokens = {
  ada: signed({ ...payload, sub: 'ada' }, rsa.privateKey, { alg: 'RS256', kid: 'r' }),
  bob: signed({ ...payload, sub: 'bob', iss: 'https://second' }, p256.privateKey, { alg: 'ES256', kid: 'e' }),
  cyd: signed({ ...payload, sub: 'cyd', iss: undefined }, hmac, { alg: 'HS256' }),
};

/** Authentication with every kind of credential. */
export const { identify, close } = createAuth({
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

interface Rightful {
  readonly actor: string;
  readonly roles: readonly string[] | null;
  readonly address?: string;
}

/** For each valid credential: its actor, the roles that it allows, and the only address that it may be used from. */
const rightful: Readonly<Record<string, Rightful>> = {
  [secret]: { actor: 'admin-secret admin-1', roles: null },
  [closed.key]: { actor: 'api-key closed', roles: ['reader'], address: '::ffff:10.0.0.1' },
  [open.key]: { actor: 'api-key open', roles: ['reader'] },
  [tokens.ada]: { actor: 'jwt ada', roles: ['user', 'editor'] },
  [tokens.bob]: { actor: 'jwt bob', roles: ['user', 'editor'] },
  [tokens.cyd]: { actor: 'jwt cyd', roles: ['user', 'editor'] },
};
/** The valid credentials, and one that has expired. */
export const credentials = [...Object.keys(rightful), expired.key];

/** Whether a request has exactly this credential in a header or cookie that Foz reads. */
export function holds({ headers }: AuthRequest, credential: string): boolean {
  return Object.entries(headers).some(([name, value]) => {
    const text = String(value);
    if (name === 'cookie')
      return text.split(';').some((one) => one.trim().replaceAll('"', '') === `token=${credential}`);
    return text === credential || (/^bearer /i.test(text) && text.slice(7).trim() === credential);
  });
}

/** Identifies a request: returns a session, or the code of the refusal. Other errors are thrown. */
export async function ask(request: AuthRequest): Promise<Session | string> {
  try {
    return await identify(request, now);
  } catch (error) {
    if (error instanceof FozError) return error.code;
    throw error;
  }
}

/** A description of what is wrong with the outcome; `null`: nothing. */
export function fault(request: AuthRequest, outcome: Session | string): string | null {
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

/** Headers that may hold a credential. */
export const places: readonly ((credential: string) => [string, string])[] = [
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

/** A request with one or two mutated credentials, and other headers that influence authentication. */
export function randomRequest(dice: Dice): AuthRequest {
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
