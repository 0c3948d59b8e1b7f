import type { IncomingMessage } from 'node:http';
import { type AuthRequest, websocketRequest } from '../../src/auth/index.ts';
import { FozError } from '../../src/core/index.ts';
import { Dice } from '../conformance/dice.ts';
import {
  ask,
  close,
  credentials,
  fault,
  hmac,
  holds,
  places,
  randomRequest,
  replay,
  seed,
  tokens,
} from './forged.ts';
import { at, jwk, otherRsa, part, payload, pem, rsa, signed } from './jwt.ts';
import { mutated, randomText } from './mutate.ts';
import { upgrade } from './upgrade.ts';

afterAll(close);

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
}, 180_000);

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
}, 180_000);

/** Whether correctly signed claims must be accepted. Written from the documentation, independently of the code. */
function isAcceptable(claims: Record<string, unknown>): boolean {
  const { iss, aud, exp, nbf, iat } = claims;
  const number = (value: unknown) => typeof value === 'number';
  if (iss !== undefined) return false;
  if (!(aud === 'foz' || (Array.isArray(aud) && aud.includes('foz')))) return false;
  if (!number(exp) || (exp as number) <= at - 30) return false;
  if (nbf !== undefined && (!number(nbf) || (nbf as number) > at + 30)) return false;
  if (iat !== undefined && !number(iat)) return false;
  const refusal =
    claims['https://foz.dev/claims'] === undefined
      ? claims['https://hasura.io/jwt/claims']
      : claims['https://foz.dev/claims'];
  return JSON.stringify(refusal)?.includes('user') === true && !Array.isArray(refusal) && refusal !== 'user';
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
}, 180_000);

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
}, 180_000);
