import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { mintKey, plainHash } from '../../src/auth/index.ts';
import { command } from '../cli/command.ts';
import { until } from '../support/wait.ts';
import { type Running, running, secret } from './sources/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-declared-keys-'));
const [till, report, former] = [1, 2, 3].map(() => mintKey(new Uint8Array(32))) as [
  ReturnType<typeof mintKey>,
  ReturnType<typeof mintKey>,
  ReturnType<typeof mintKey>,
];
const until2030 = '2030-01-31T00:00:00.000Z';
const auth = {
  admin_secrets: [secret],
  api_keys: [
    {
      name: 'till',
      prefix: till.prefix,
      hash: plainHash(till.key),
      roles: ['clerk', 'reader'],
      default_role: 'clerk',
      variables: { 'user-id': 7 },
      scopes: { operations: ['read' as const] },
      networks: ['127.0.0.0/8'],
      rate_limit: { requests: 3_000_000_000, seconds: 60 },
      limits: { depth: 5 },
      backend: true,
      expires_at: until2030,
      previous: { prefix: former.prefix, hash: plainHash(former.key), until: '2020-01-01T00:00:00Z' },
    },
    { name: 'report', prefix: report.prefix, hash: plainHash(report.key), roles: ['reader'] },
  ],
};
const state = join(folder, 'state');
let foz: Running;

beforeAll(async () => {
  foz = await running({ state, auth });
  await foz.control('mutation { createKey(input: { name: "app", roles: ["clerk"] }) { text } }');
}, 120_000);
afterAll(async () => {
  await foz.server.close(0);
  rmSync(folder, { recursive: true });
});

const keys = async (fields: string) => {
  const { data, errors } = await foz.control(`{ keys { ${fields} } }`);
  expect(errors).toBeUndefined();
  return data.keys;
};
const all = `id name declared description owner roles defaultRole variables scopes { operations sources tables }
  networks rateLimit { requests seconds } backend prefixes limits revision expiresAt rotatedAt revokedAt`;

/** Sends a request to the control API with an API key, about its own keys. */
async function account(key: string, query: string) {
  const response = await fetch(`${foz.server.url}account/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as {
    data: Record<string, unknown>;
    errors?: { message: string; extensions: { code: string } }[];
  };
}

const run = (...args: readonly string[]) => command(folder, args, { FOZ_ADMIN_SECRET: secret });

test('keys of the file stand before those of the store, with all that is declared of them', async () => {
  const [first, second, third] = await keys(all);
  expect(first).toMatchObject({
    id: 'file:report',
    declared: true,
    backend: false,
    scopes: null,
    networks: null,
    limits: null,
  });
  expect(second).toEqual({
    id: 'file:till',
    name: 'till',
    declared: true,
    description: null,
    owner: null,
    roles: ['clerk', 'reader'],
    defaultRole: 'clerk',
    variables: { 'user-id': '7' },
    scopes: { operations: ['read'], sources: null, tables: null },
    networks: ['127.0.0.0/8'],
    rateLimit: { requests: 3_000_000_000, seconds: 60 },
    backend: true,
    // The former key of this entry is no longer accepted, since the overlap of the rotation has ended.
    prefixes: [till.prefix],
    limits: { depth: 5 },
    revision: 0,
    expiresAt: until2030,
    rotatedAt: null,
    revokedAt: null,
  });
  expect(third).toMatchObject({ name: 'app', declared: false, revision: 1 });
  expect((await foz.control(`{ keys { ${all} } }`)).text).not.toContain(plainHash(till.key));
});

test('no key of the store takes the name of one that the file declares', async () => {
  const [app] = (await keys('id name')).filter(({ name }: { name: string }) => name === 'app');
  for (const change of [
    'createKey(input: { name: "till", roles: ["clerk"] }) { text }',
    `updateKey(id: "${app.id}", input: { name: "till" }) { name }`,
  ]) {
    const { errors } = await foz.control(`mutation { ${change} }`);
    expect(errors).toMatchObject([
      {
        message: 'The configuration file declares an API key till already: choose another name.',
        extensions: { code: 'conflict' },
      },
    ]);
  }
  expect((await keys('name')).map(({ name }: { name: string }) => name)).toEqual(['report', 'till', 'app']);
});

test('when and from where a key of the file was used last, as this process has seen it', async () => {
  const used = async (name: string) =>
    (await keys('name lastUsedAt lastUsedAddress')).find((key: { name: string }) => key.name === name);
  expect(await used('till')).toEqual({ name: 'till', lastUsedAt: null, lastUsedAddress: null });
  const before = Date.now();
  await account(till.key, '{ me { kind } }');
  await until(async () => (await used('till')).lastUsedAt !== null, 30_000);
  const { lastUsedAt, lastUsedAddress } = await used('till');
  expect(lastUsedAddress).toBe('127.0.0.1');
  expect(Date.parse(lastUsedAt)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(lastUsedAt)).toBeLessThanOrEqual(Date.now());
  expect(await used('report')).toMatchObject({ lastUsedAt: null });
}, 60_000);

test('they are changed in the file alone', async () => {
  for (const mutation of [
    'updateKey(id: "file:till", input: { name: "x" }) { id }',
    'rotateKey(id: "file:till") { text }',
    'revokeKey(id: "file:till") { id }',
  ]) {
    const { data, errors } = await foz.control(`mutation { ${mutation} }`);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      {
        message: 'The configuration file declares the API key till: change it there.',
        extensions: { code: 'not-supported' },
      },
    ]);
  }
  const { errors } = await foz.control('mutation { revokeKey(id: "file:nothing") { id } }');
  expect(errors).toMatchObject([{ extensions: { code: 'not-found' } }]);
  expect((await account(till.key, '{ me { kind } }')).data).toEqual({ me: { kind: 'api-key' } });
});

test('what such a key may do is told by its id', async () => {
  const { data } = await foz.control('{ keyPermissions(id: "file:till") { role limits missingVariables } }');
  expect(data.keyPermissions).toMatchObject([
    { role: 'clerk', limits: { depth: 5 }, missingVariables: [] },
    { role: 'reader', limits: { depth: 5 } },
  ]);
});

test('such a key sees itself, and cannot end itself', async () => {
  expect((await account(till.key, '{ keys { id name declared } }')).data).toEqual({
    keys: [{ id: 'file:till', name: 'till', declared: true }],
  });
  const ended = await account(till.key, 'mutation { revokeKey(id: "file:till") { id } }');
  expect(ended.errors).toMatchObject([
    { message: expect.stringContaining('change it there'), extensions: { code: 'not-supported' } },
  ]);
  // It learns nothing about other keys, not even whether they exist.
  for (const id of ['file:report', 'file:nothing'])
    expect((await account(till.key, `mutation { revokeKey(id: "${id}") { id } }`)).errors).toMatchObject([
      { extensions: { code: 'not-found' } },
    ]);
});

test('foz key list: from a Foz that runs, and from the file and the store of one that is stopped', async () => {
  writeFileSync(
    join(folder, 'foz.yaml'),
    stringify({ state, sources: [], auth: { api_keys: auth.api_keys } }),
  );
  const asked = await run('key', 'list', '--endpoint', foz.server.url, '--json');
  const there = JSON.parse(asked.out);
  expect(there.map(({ name }: { name: string }) => name)).toEqual(['report', 'till', 'app']);
  expect(there[1]).toMatchObject({ declared: true, lastUsedAddress: '127.0.0.1' });
  const table = (await run('key', 'list', '--endpoint', foz.server.url)).out.split('\n');
  expect(table[0]).toMatch(/^name +id +roles +prefixes +ends +used last$/);
  expect(table[2]).toMatch(
    new RegExp(`^till +file:till +clerk, reader +${till.prefix} +${until2030} +\\S+ from 127\\.0\\.0\\.1$`),
  );
  await foz.server.close(0);
  const stopped = await run('key', 'list', '--json');
  expect(stopped.err).toBe('');
  const here = JSON.parse(stopped.out);
  expect(here[2]).toEqual(there[2]);
  expect(here[1]).toEqual({ ...there[1], lastUsedAt: null, lastUsedAddress: null });
  writeFileSync(
    join(folder, 'bare.yaml'),
    stringify({ state: join(folder, 'other'), sources: [], auth: {} }),
  );
  expect((await run('key', 'list', '--config', 'bare.yaml')).out).toBe('There are no API keys.\n');
}, 120_000);
