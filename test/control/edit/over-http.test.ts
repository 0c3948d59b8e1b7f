import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sameMetadata } from '../../../src/catalog/metadata-order.ts';
import { type Running, running, secret } from '../sources/runtime.ts';
import { applyFolder, type Metadata, writeFolder } from './files.ts';
import { fields, served, shopFile } from './shop.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-edit-'));
let foz: Running;
beforeAll(async () => {
  const shop = await shopFile(join(folder, 'shop.db'));
  const desk = await shopFile(join(folder, 'desk.db'), 'desk');
  foz = await running({ state: join(folder, 'state'), sources: [shop, desk] });
}, 60_000);
afterAll(async () => {
  await foz?.server.close(0);
  rmSync(folder, { recursive: true, force: true });
});

const result = `{ resourceVersion applied changes { change where part text before after }
  causes { severity where reason } cures { severity where reason } }`;
/** The result of a mutation of the control API. `given`: its arguments as GraphQL. */
async function change(name: string, given: string) {
  const { data, errors } = await foz.control(`mutation { ${name}(${given}) ${result} }`);
  return { ...data?.[name], errors };
}
const orders = 'source: "shop", table: "orders"';
const version = async () =>
  (await foz.control('{ metadata { resourceVersion } }')).data.metadata.resourceVersion;

test('nothing was declared yet', async () => {
  const { data } = await foz.control(
    '{ metadata { resourceVersion document owner } metadataHistory { version } tables { id tracked kind } }',
  );
  expect(data.metadata).toEqual({ resourceVersion: 0, document: { tables: [] }, owner: null });
  expect(data.metadataHistory).toEqual([]);
  expect(data.tables.map(({ id }: { id: string }) => id)).toEqual([
    'shop.customers',
    'shop.orders',
    'shop.big_orders',
    'desk.tickets',
  ]);
});

test('a permission is served when the mutation is answered, and ended by the next one', async () => {
  expect(await served(foz, 'clerk', '{ orders { id } }')).toContain('validation-failed');
  const set = await change(
    'setPermission',
    `${orders}, role: "clerk", operation: select, definition: {columns: ["id"], filter: {}}, comment: "for the desk"`,
  );
  expect(set).toMatchObject({
    resourceVersion: 1,
    applied: true,
    causes: [],
    cures: [],
    changes: [
      { change: 'added', where: 'shop.orders', part: 'table' },
      {
        change: 'added',
        part: 'select_permissions.clerk',
        text: 'role clerk may read: columns id; rows all',
      },
    ],
  });
  expect(await served(foz, 'clerk', '{ orders { id } }')).toBe('{"data":{"orders":[{"id":1},{"id":2}]}}');
  const dropped = await change('dropPermission', `${orders}, role: "clerk", operation: select`);
  expect(dropped).toMatchObject({ resourceVersion: 2, applied: true });
  expect(await served(foz, 'clerk', '{ orders { id } }')).toContain('validation-failed');
  const { data } = await foz.control(
    '{ metadata { document } metadataHistory(first: 1, before: 2) { version actorKind comment } }',
  );
  expect(data.metadata.document).toEqual({ tables: [] });
  expect(data.metadataHistory).toEqual([{ version: 1, actorKind: 'admin-secret', comment: 'for the desk' }]);
});

test('a change that makes something wrong is refused with all of it, unless forced; undoing it cures', async () => {
  const before = await version();
  const bad = `${orders}, role: "clerk", operation: select, definition: {columns: ["id", "nothing"], filter: {}}`;
  const refused = await change('setPermission', bad);
  expect(refused.errors[0].extensions).toMatchObject({
    code: 'validation-failed',
    details: {
      issues: [{ severity: 'error', where: expect.stringContaining('select permission of role "clerk"') }],
    },
  });
  expect(await version()).toBe(before);
  const several = await change(
    'replaceMetadata',
    `document: {tables: [{source: "shop", table: "nowhere"}, {source: "shop", table: "orders", configuration: {column_config: {ghost: {hidden: true}}}}]}`,
  );
  expect(several.errors[0].extensions.details.issues).toHaveLength(2);
  const forced = await change('setPermission', `${bad}, force: true`);
  expect(forced).toMatchObject({ applied: true, causes: [{ severity: 'error' }] });
  // An issue that existed before does not block an unrelated change.
  expect(await change('customizeTable', `${orders}, description: "Sold."`)).toMatchObject({
    applied: true,
    causes: [],
  });
  expect(
    (await foz.control('{ table(source: "shop", name: "orders") { issues { reason } } }')).data.table.issues,
  ).toEqual([{ reason: 'shop.orders has no column "nothing"; the permission is left out' }]);
  const dropped = await change('dropPermission', `${orders}, role: "clerk", operation: select`);
  expect(dropped).toMatchObject({ applied: true, causes: [], cures: forced.causes });
});

test('what is no metadata at all is refused, forced or not', async () => {
  const malformed = await change(
    'setPermission',
    `${orders}, role: "clerk", operation: insert, definition: {columns: 5, rows: []}, force: true`,
  );
  const { code, details } = malformed.errors[0].extensions;
  expect(code).toBe('validation-failed');
  expect(details.issues.length).toBeGreaterThan(1);
  expect(details.issues[0].where).toMatch(/^shop\.orders: insert_permissions\[0\]\.permission/);
  const document = await change('replaceMetadata', 'document: [], force: true');
  expect(document.errors[0].extensions.code).toBe('validation-failed');
});

test('a dry run tells what would be and changes nothing', async () => {
  const before = (await foz.control('{ metadata { resourceVersion document } }')).data;
  const audited = async () => (await foz.control('{ audit { entries { seq } } }')).data.audit.entries.length;
  const entries = await audited();
  const tried = await change('untrackTable', `${orders}, dryRun: true`);
  expect(tried).toMatchObject({ resourceVersion: before.metadata.resourceVersion, applied: false });
  expect(tried.changes).toMatchObject([{ text: 'tracked: no' }]);
  const wrong = await change('customizeColumn', `${orders}, column: "ghost", hidden: true, dryRun: true`);
  expect(wrong.causes).toMatchObject([{ where: 'shop.orders.ghost' }]);
  expect((await foz.control('{ metadata { resourceVersion document } }')).data).toEqual(before);
  expect(await audited()).toBe(entries);
  expect(await served(foz, 'admin', '{ orders { id } }')).toContain('"data"');
});

test('a table can be left out and served again', async () => {
  expect(await change('untrackTable', 'source: "shop", table: "big_orders"')).toMatchObject({
    applied: true,
  });
  expect(await fields(foz)).not.toContain('big_orders');
  const untracked = await foz.control('{ tables(tracked: false) { id columns { name } } }');
  expect(untracked.data.tables).toEqual([
    { id: 'shop.big_orders', columns: [{ name: 'id' }, { name: 'total' }] },
  ]);
  await change('trackTable', 'source: "shop", table: "big_orders"');
  expect(await fields(foz)).toContain('big_orders');
  const again = await version();
  expect(await change('trackTable', 'source: "shop", table: "big_orders"')).toMatchObject({
    applied: false,
    changes: [],
    resourceVersion: again,
  });
});

test('tables and columns are named, described, hidden, and given keys', async () => {
  await change(
    'customizeTable',
    `${orders}, customName: "sales", rootFields: [{field: "insert_one", name: "sell"}]`,
  );
  await change(
    'customizeColumn',
    `${orders}, column: "total", customName: "amount", description: "In cents."`,
  );
  await change('customizeColumn', `${orders}, column: "note", hidden: true`);
  await change('setTableKey', 'source: "shop", table: "big_orders", columns: ["id"]');
  const root = await fields(foz);
  expect(root).toEqual(expect.arrayContaining(['sales', 'big_orders_by_pk']));
  expect(root).not.toContain('orders');
  expect(await served(foz, 'admin', '{ sales(limit: 1) { id amount } }')).toBe(
    '{"data":{"sales":[{"id":1,"amount":10}]}}',
  );
  expect(await served(foz, 'admin', '{ sales { note } }')).toContain('validation-failed');
  expect(
    await served(foz, 'admin', 'mutation { sell(object: {id: 3, amount: 3, customer_id: 1}) { amount } }'),
  ).toBe('{"data":{"sell":{"amount":3}}}');
  const { data } = await foz.control(`{
    table(source: "shop", name: "orders") { customName rootFields { field name }
      columns { name nativeType nullable customName comment hidden } keys { name primary columns declared } }
    tables(search: "BIG") { keys { columns declared } } }`);
  expect(data.table).toEqual({
    customName: 'sales',
    rootFields: [{ field: 'insert_one', name: 'sell' }],
    columns: [
      { name: 'id', nativeType: 'INTEGER', nullable: false, customName: null, comment: null, hidden: false },
      {
        name: 'customer_id',
        nativeType: 'INTEGER',
        nullable: false,
        customName: null,
        comment: null,
        hidden: false,
      },
      {
        name: 'total',
        nativeType: 'INTEGER',
        nullable: false,
        customName: 'amount',
        comment: 'In cents.',
        hidden: false,
      },
      { name: 'note', nativeType: 'TEXT', nullable: true, customName: null, comment: null, hidden: true },
    ],
    keys: [{ name: expect.any(String), primary: true, columns: ['id'], declared: false }],
  });
  expect(data.tables).toEqual([{ keys: [{ columns: ['id'], declared: true }] }]);
  await change('customizeColumn', `${orders}, column: "total", customName: null`);
  const { document } = (await foz.control('{ metadata { document } }')).data.metadata;
  expect(document.tables[1].configuration.column_config).toEqual({
    note: { hidden: true },
    total: { comment: 'In cents.' },
  });
});

test('a custom name that another table has is that of the table that asks for it, and what becomes of the other is told', async () => {
  const given = 'source: "desk", table: "tickets", customName: "customers", dryRun: true';
  const { data } = await foz.control(
    `mutation { customizeTable(${given}) { applied causes { severity where reason } } }`,
  );
  expect(data.customizeTable).toEqual({
    applied: false,
    causes: [
      {
        severity: 'note',
        where: 'shop.customers',
        reason:
          'The root field "customers" is that of desk.tickets (a custom_name goes first), so shop.customers is called "shop_customers".',
      },
    ],
  });
});

test('relationships are declared, within and across sources, renamed with the rules that use them, and dropped', async () => {
  const customers = 'source: "shop", table: "customers"';
  expect(
    await change(
      'createRelationship',
      `${customers}, relationship: {name: "tickets", kind: array, toSource: "desk", toTable: "tickets", mapping: [{from: "id", to: "customer_id"}]}`,
    ),
  ).toMatchObject({ applied: true });
  expect(await served(foz, 'admin', '{ customers { id tickets { id } } }')).toBe(
    '{"data":{"customers":[{"id":1,"tickets":[{"id":7}]}]}}',
  );
  await change(
    'setPermission',
    `${customers}, role: "clerk", operation: select, definition: {columns: ["id"], filter: {orders: {total: {_gt: 5}}}}`,
  );
  const renamed = await change('renameRelationship', `${customers}, name: "orders", newName: "purchases"`);
  expect(renamed).toMatchObject({ applied: true, causes: [] });
  expect(await served(foz, 'admin', '{ customers { purchases(limit: 1) { id } } }')).toContain(
    '"purchases":[{"id":1}]',
  );
  expect(await served(foz, 'clerk', '{ customers { id } }')).toBe('{"data":{"customers":[{"id":1}]}}');
  const { data } = await foz.control(
    '{ table(source: "shop", name: "customers") { relationships { name kind origin toSource toTable mapping { from to } compare } permissions { role operation definition } } }',
  );
  expect(data.table).toEqual({
    relationships: [
      {
        name: 'purchases',
        kind: 'array',
        origin: 'declared',
        toSource: 'shop',
        toTable: 'orders',
        mapping: [{ from: 'id', to: 'customer_id' }],
        compare: null,
      },
      {
        name: 'tickets',
        kind: 'array',
        origin: 'declared',
        toSource: 'desk',
        toTable: 'tickets',
        mapping: [{ from: 'id', to: 'customer_id' }],
        compare: 'exact',
      },
    ],
    permissions: [
      {
        role: 'clerk',
        operation: 'select',
        definition: { columns: ['id'], filter: { purchases: { total: { _gt: 5 } } } },
      },
    ],
  });
  const codes = async (given: string) => {
    const { errors } = await change('dropRelationship', given);
    return errors[0].extensions.code;
  };
  expect(await codes(`${orders}, name: "customer"`)).toBe('not-supported');
  expect(await codes(`${orders}, name: "nothing"`)).toBe('not-found');
  expect(await change('dropRelationship', `${customers}, name: "tickets"`)).toMatchObject({ applied: true });
});

test('values and rows are checked as they are told to be', async () => {
  await change('setValidation', `${orders}, column: "total", rules: [{min: 1, message: "too little"}]`);
  await change('setRowValidations', `${orders}, rules: [{check: {total: {_lt: 1000}}, message: "too much"}]`);
  const insert = (total: number) =>
    served(
      foz,
      'admin',
      `mutation { insert_sales(objects: [{id: 9${total}, total: ${total}, customer_id: 1}]) { affected_rows } }`,
    );
  expect(await insert(0)).toContain('too little');
  expect(await insert(2000)).toContain('too much');
  const wrong = await change('setValidation', `${orders}, column: "total", rules: [{json_schema: {}}]`);
  expect(wrong.errors[0].message).toContain('json_schema is for columns that hold JSON');
});

test('inherited roles', async () => {
  expect(await change('setInheritedRole', 'role: "boss", roles: ["clerk"]')).toMatchObject({ applied: true });
  expect(await served(foz, 'boss', '{ customers { id } }')).toBe('{"data":{"customers":[{"id":1}]}}');
  await change('dropInheritedRole', 'role: "boss"');
  expect(await served(foz, 'boss', '{ customers { id } }')).toContain('validation-failed');
});

test('what is not there: tables, sources, permissions, roles, versions', async () => {
  const codes = await Promise.all(
    [
      change('trackTable', 'source: "shop", table: "nothing"'),
      change('trackTable', 'source: "nowhere", table: "orders"'),
      change('dropPermission', `${orders}, role: "nobody", operation: delete`),
      change('dropInheritedRole', 'role: "nobody"'),
      change('revertMetadata', 'toVersion: 9999'),
    ].map(async (made) => (await made).errors?.[0].extensions.code),
  );
  expect(codes).toEqual(Array(5).fill('not-found'));
});

test('of edits that expect one version exactly one wins', async () => {
  const expected = await version();
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      change('customizeTable', `${orders}, description: "take ${at}", expectedVersion: ${expected}`),
    ),
  );
  expect(all.filter(({ applied }) => applied)).toHaveLength(1);
  const codes = all.flatMap(({ errors = [] }) =>
    errors.map(({ extensions }: { extensions: { code: string } }) => extensions.code),
  );
  expect(codes).toEqual(Array(7).fill('conflict'));
  expect(await version()).toBe(expected + 1);
});

test('the history can be compared and gone back to', async () => {
  const now = (await foz.control('{ metadata { resourceVersion document } }')).data.metadata;
  await change('replaceMetadata', 'document: {tables: []}');
  expect(await fields(foz)).toContain('orders');
  const { data } = await foz.control(`{ metadataDiff(from: ${now.resourceVersion}) { change } }`);
  expect(data.metadataDiff.length).toBeGreaterThan(5);
  const back = await change('revertMetadata', `toVersion: ${now.resourceVersion}`);
  expect(back).toMatchObject({ applied: true, resourceVersion: now.resourceVersion + 2 });
  expect((await foz.control('{ metadata { document } }')).data.metadata.document).toEqual(now.document);
  expect(await fields(foz)).toContain('sales');
  expect(
    (await foz.control(`{ metadataDiff(from: ${now.resourceVersion}) { change } }`)).data.metadataDiff,
  ).toEqual([]);
});

test('each change is in the audit log, with what was before and after', async () => {
  await change('customizeTable', `${orders}, description: "Another."`);
  const records = await foz.server.plane!.store.read((db) =>
    db('foz.audit').where({ operation: 'table.customize' }).orderBy('seq', 'desc'),
  );
  const now = await version();
  expect(JSON.parse(records[0].record)).toMatchObject({
    kind: 'control',
    actor: { kind: 'admin-secret' },
    source: 'shop',
    table: 'orders',
    before: { version: now - 1, parts: [{ where: 'shop.orders', part: 'configuration.comment' }] },
    after: {
      version: now,
      parts: [{ where: 'shop.orders', part: 'configuration.comment', value: 'Another.' }],
    },
    outcome: 'success',
  });
  const written = await foz.server.plane!.store.read((db) =>
    db('foz.audit').whereNotNull('operation').where('operation', 'like', '%.%').count('* as n').first(),
  );
  expect(Number(written?.n)).toBe(now);
});

test('exported and applied elsewhere it is the same', async () => {
  const document = (await foz.control('{ metadata { document } }')).data.metadata.document as Metadata;
  const files = join(folder, 'files');
  writeFolder(files, document);
  const applied = await applyFolder(files, join(folder, 'other'), foz);
  expect(applied).toEqual(document);
  expect(sameMetadata(applied, document)).toBe(true);
});

test('only admins edit', async () => {
  const response = await fetch(`${foz.server.url}control/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret, 'x-foz-role': 'clerk' },
    body: JSON.stringify({ query: `mutation { untrackTable(${orders}) { applied } }` }),
  });
  expect(response.status).toBe(403);
});
