import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { inStore, largest, longPast } from './large.ts';
import { type Running, running, secret } from './sources/runtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-large-'));
const state = join(folder, 'state');
const files = join(folder, 'files');
let foz: Running;
const begin = () => running({ state, control: { files }, sources: [] });

beforeAll(async () => {
  mkdirSync(files);
  const connector = await connect(
    { name: 'desk', kind: 'sqlite', path: join(files, 'desk.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await connector.run({ text: 'create table notes (id integer primary key)', slots: [] }, [], context);
  await connector.close();
  await longPast(state);
  foz = await begin();
}, 120_000);
afterAll(async () => {
  await foz.server.close(100);
  rmSync(folder, { recursive: true });
});

const page = `query ($before: SafeInt, $limit: Int!, $filter: AuditFilterInput) {
  audit(before: $before, limit: $limit, filter: $filter) { next entries { seq operation affectedRows } }
}`;
const data = async (query: string, variables?: object) => {
  const { data: found, errors } = await foz.control(query, variables);
  expect(errors).toBeUndefined();
  return found;
};

test('metadata beyond 32 bits: version, history, difference, the version that was seen, the way back', async () => {
  const seen =
    'mutation ($document: JSON!, $seen: SafeInt) { replaceMetadata(document: $document, expectedVersion: $seen) { resourceVersion } }';
  const document = (name: string) => ({
    tables: [],
    inherited_roles: [{ role_name: name, role_set: ['a', 'b'] }],
  });
  expect(await data(seen, { document: document('one'), seen: largest })).toEqual({
    replaceMetadata: { resourceVersion: largest + 1 },
  });
  expect(await data(seen, { document: document('two'), seen: largest + 1 })).toEqual({
    replaceMetadata: { resourceVersion: largest + 2 },
  });
  expect((await foz.control(seen, { document: document('three'), seen: largest + 1 })).errors).toMatchObject([
    { extensions: { code: 'conflict', details: { expected: largest + 1, current: largest + 2 } } },
  ]);
  expect(
    await data(`{ metadata { resourceVersion } metadataHistory(before: ${largest + 2}) { version } }`),
  ).toEqual({
    metadata: { resourceVersion: largest + 2 },
    metadataHistory: [{ version: largest + 1 }, { version: largest }],
  });
  const { metadataDiff } = await data(`{ metadataDiff(from: ${largest + 1}, to: ${largest + 2}) { text } }`);
  expect(metadataDiff).toHaveLength(2);
  expect(await data(`mutation { revertMetadata(toVersion: ${largest + 1}) { resourceVersion } }`)).toEqual({
    revertMetadata: { resourceVersion: largest + 3 },
  });
});

test('the audit log beyond 32 bits: read, found, paged, exported, verified', async () => {
  const all = await data(page, { limit: 1000 });
  const numbers: number[] = all.audit.entries.map(({ seq }: { seq: number }) => seq);
  expect(numbers.length).toBeGreaterThan(3);
  expect(numbers).toEqual(numbers.map((_, at) => numbers[0]! - at));
  expect([numbers.at(-1)! <= largest, numbers[0]! > largest]).toEqual([true, true]);

  const paged: number[] = [];
  let before: number | null = null;
  do {
    const { audit }: { audit: { next: number | null; entries: { seq: number }[] } } = await data(page, {
      before,
      limit: 2,
    });
    paged.push(...audit.entries.map(({ seq }) => seq));
    before = audit.next;
  } while (before !== null);
  expect(paged).toEqual(numbers);

  const filter = { operation: 'metadata.replace' };
  const found = await data(page, { limit: 2, filter, before: numbers[0]! });
  expect(found.audit.entries.map(({ operation }: { operation: string }) => operation)).toEqual(
    Array(found.audit.entries.length).fill('metadata.replace'),
  );
  expect(found.audit.entries[0].seq).toBeGreaterThan(largest);
  expect(found.audit.entries[0].seq).toBeLessThan(numbers[0]!);

  const exported = await fetch(`${foz.server.url}control/audit.jsonl`, {
    headers: { 'x-foz-admin-secret': secret },
  });
  const lines = (await exported.text()).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).seq)).toEqual(numbers.toReversed());

  const verify = '{ verifyAudit { ok records first last problems { kind seq } } }';
  expect(await data(verify)).toEqual({
    verifyAudit: { ok: true, records: numbers.length, first: largest - 1, last: numbers[0], problems: [] },
  });
});

test('what a mutation has affected may be more rows than 32 bits can count', async () => {
  const actor = { kind: 'api-key', id: 'ann', role: 'admin' } as const;
  const event = { kind: 'mutation', actor, operation: 'sweep', affectedRows: 3_000_000_000 } as const;
  await foz.server.plane!.audit!.append({ ...event, outcome: 'success' });
  const { audit } = await data(page, { limit: 1, filter: { operation: 'sweep' } });
  expect(audit.entries).toMatchObject([{ affectedRows: 3_000_000_000 }]);
});

test('a number that JSON cannot say exactly is refused', async () => {
  const { errors } = await foz.control('{ audit(before: 9007199254740993) { next } }');
  expect(errors).toMatchObject([{ message: expect.stringContaining('9007199254740993') }]);
});

const revised =
  '{ keys { id revision } sources { name revision } issuers { name revision } settings { name revision } }';

test('revisions beyond 32 bits: of keys, sources, issuers and settings', async () => {
  await data('mutation { createKey(input: { name: "till", roles: ["admin"] }) { text } }');
  await data(
    'mutation { attachSource(name: "desk", kind: sqlite, settings: { path: "desk.db" }) { state } }',
  );
  await data(
    'mutation { putIssuer(name: "company", settings: { issuer: "i", audience: null, secret: "0123456789abcdef0123456789abcdef" }) { name } setSetting(name: "key_cap", value: 5) { name } }',
  );
  await foz.server.close(100);
  await inStore(state, async (db) => {
    for (const table of ['api_keys', 'sources', 'issuers', 'settings'])
      await db(`foz.${table}`).update({ revision: largest });
  });
  foz = await begin();
  const [{ id }] = (await data('{ keys { id } }')).keys;
  const change = `mutation ($id: String!, $revision: SafeInt) {
    updateKey(id: $id, input: { description: "at the door" }, revision: $revision) { revision }
    updateSource(name: "desk", settings: { readonly: true }, revision: $revision) { revision }
    putIssuer(name: "company", settings: { issuer: "i", audience: "foz", secret: "***" }, revision: $revision) { revision }
    setSetting(name: "key_cap", value: 6, revision: $revision) { revision }
  }`;
  const next = { revision: largest + 1 };
  expect(await data(change, { id, revision: largest })).toEqual({
    updateKey: next,
    updateSource: next,
    putIssuer: next,
    setSetting: next,
  });
  const { settings, ...described } = await data(revised);
  expect(described).toEqual({
    keys: [{ id, ...next }],
    sources: [{ name: 'desk', ...next }],
    issuers: [{ name: 'company', ...next }],
  });
  expect(settings).toContainEqual({ name: 'key_cap', ...next });
  const { errors } = await foz.control(change, { id, revision: largest });
  expect(errors?.[0]?.extensions.code).toBe('conflict');
  expect(existsSync(join(state, 'audit-checkpoint.json'))).toBe(true);
  expect((await data('{ verifyAudit { ok } }')).verifyAudit).toEqual({ ok: true });
}, 120_000);
