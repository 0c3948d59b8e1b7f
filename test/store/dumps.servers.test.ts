import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../../src/store/migrations/index.ts';
import { shopFile } from '../control/edit/shop.ts';
import { type Running, running } from '../control/sources/runtime.ts';
import { availability } from '../support/engines.ts';
import { onServer, type StorePlace, storePlace } from './place.ts';

/**
 * Dumps (pg_dump) of stores that former versions of Foz wrote, with the answers of their control API. Every later version must
 * migrate them. `STORE_DUMP=0007` writes a new dump with the current program; `PG_DUMP` names the pg_dump to use.
 */
const folder = join(import.meta.dirname, 'dumps');
const dumps = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => name.slice(0, -'.sql'.length));
const found = availability('postgres');
const describeShared = 'reason' in found ? describe.skip : describe;

/** The master key of the secrets in the dumps. */
const masterKey = Buffer.alloc(32, 7).toString('base64');

const contents = `{
  metadata { resourceVersion document }
  metadataHistory { version actorKind comment }
  keys { id name description roles defaultRole variables scopes { operations sources tables } networks limits rateLimit { requests seconds } expiresAt revision prefixes }
  sources { name kind owner revision settings { url } }
  issuers { name revision settings }
  limits { role limits }
  allowLists { role mode operations { name document } }
  settings { name value }
  signIns { anonymousRole cookieOrigins }
  audit(limit: 100) { entries { seq kind operation outcome source table } }
}`;

const filling: readonly (readonly [string, object?])[] = [
  [
    `mutation { attachSource(name: "desk", kind: postgres, force: true,
      settings: { url: "postgres://clerk:a%20password@127.0.0.1:1/desk" }) { name } }`,
  ],
  [
    `mutation { setPermission(source: "shop", table: "orders", role: "clerk", operation: select,
      definition: { columns: ["id"], filter: { id: { _gt: "X-Foz-User-Id" } } }, comment: "for the desk") { applied } }`,
  ],
  [
    `mutation ($variables: JSON!) { createKey(input: { name: "till", description: "of the shop", roles: ["clerk"], defaultRole: "clerk",
      variables: $variables, scopes: { operations: [read], tables: ["shop.orders"] }, networks: ["127.0.0.0/8"],
      limits: { depth: 5 }, rateLimit: { requests: 1000, seconds: 60 } }) { text } }`,
    { variables: { 'user-id': '7' } },
  ],
  [
    `mutation ($settings: JSON!) { putIssuer(name: "people", settings: $settings) { name } }`,
    {
      settings: {
        issuer: 'https://id.example.com',
        audience: 'foz',
        secret: 'a secret of at least thirty-two bytes',
        algorithms: ['HS256'],
      },
    },
  ],
  ['mutation { setLimits(role: "clerk", limits: { depth: 7, rows: 100 }) { role } }'],
  [
    'mutation { allowOperation(role: "clerk", name: "all", document: "query all { orders { id } }") { mode } }',
  ],
  ['mutation { setAnonymousRole(role: "clerk") { anonymousRole } }'],
];

/** Starts Foz on a store, with its own source. */
async function fozOver(place: StorePlace): Promise<Running> {
  process.env.FOZ_MASTER_KEY = masterKey;
  const path = join(place.folder, 'shop.db');
  const shop = existsSync(path) ? ({ name: 'shop', kind: 'sqlite', path } as const) : await shopFile(path);
  return running({ state: place.folder, store: { url: place.url! }, sources: [shop] });
}

async function dump(place: StorePlace, name: string): Promise<void> {
  let foz = await fozOver(place);
  const done = [];
  for (const [mutation, variables] of filling) {
    const { errors, data } = await foz.control(mutation, variables);
    if (errors !== undefined) {
      await foz.server.close(0);
      throw new Error(`${mutation}: ${JSON.stringify(errors)}`);
    }
    done.push(data);
  }
  await foz.server.close(0);
  // After a second start the dump includes the names that the first one stored.
  foz = await fozOver(place);
  const { data, errors } = await foz.control(contents);
  await foz.server.close(0);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  const key = done.find((one) => one.createKey !== undefined).createKey.text;
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ key, contents: data }, null, 2)}\n`);
  const arguments_ = ['--inserts', '--no-owner', '--no-privileges', '--schema=foz', place.url!];
  const text = execFileSync(process.env.PG_DUMP ?? 'pg_dump', arguments_, { encoding: 'utf8' });
  // Removes commands of psql, and settings that other versions of the server do not know.
  const sql = text.split('\n').filter((line) => !/^(?:--|\\|SET |SELECT pg_catalog\.set_config)/.test(line));
  writeFileSync(join(folder, `${name}.sql`), `${sql.join('\n').replace(/\n{3,}/g, '\n\n')}`);
}

describeShared('stores of former versions', () => {
  let place: StorePlace;
  beforeEach(async () => {
    place = await storePlace('postgres');
  });
  afterEach(() => place.drop());

  if (process.env.STORE_DUMP !== undefined)
    test('a new dump', () => dump(place, process.env.STORE_DUMP!), 120_000);

  test('there are some', () => expect(dumps.length).toBeGreaterThan(0));

  test.each(dumps)(
    '%s is taken over with all that is in it',
    async (name) => {
      const { key, contents: before } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
      await onServer(place.url!, readFileSync(join(folder, `${name}.sql`), 'utf8'));
      const foz = await fozOver(place);
      try {
        const { data, errors } = await foz.control(
          `${contents.slice(0, -1)} storeStatus { done pending } verifyAudit { ok problems { message } } }`,
        );
        expect(errors).toBeUndefined();
        const { storeStatus, verifyAudit, audit, ...after } = data;
        expect({ storeStatus, verifyAudit }).toEqual({
          storeStatus: { done: migrations.map((step) => step.name), pending: [] },
          verifyAudit: { ok: true, problems: [] },
        });
        const { audit: auditBefore, settings: settingsBefore, ...expected } = before;
        expect(after).toMatchObject(expected);
        // Settings of later versions stand among them.
        expect(after.settings).toEqual(expect.arrayContaining(settingsBefore));
        expect(audit.entries.slice(-auditBefore.entries.length)).toEqual(auditBefore.entries);
        const asked = await fetch(`${foz.server.url}graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': key },
          body: '{"query":"{ orders { id } }"}',
        });
        expect(await asked.json()).toHaveProperty('data.orders');
      } finally {
        await foz.server.close(0);
      }
    },
    120_000,
  );
});
