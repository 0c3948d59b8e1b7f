import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect } from '../../src/attach.ts';
import { loadConfig } from '../../src/control/index.ts';
import { start } from '../../src/main.ts';
import { until } from '../support/wait.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-changes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...statements: readonly string[]): Promise<void> {
  const connector = await connect(
    { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: 10_000 };
  for (const text of statements) await connector.run({ text, slots: [] }, [], context);
  await connector.close();
}

const file = join(folder, 'foz.yaml');
const secret = 'a secret of sixteen or more';
const configuration = `schema_check_seconds: 0
server: { port: 0, admin_secret: ${secret} }
sources: [{ name: shop, kind: sqlite, path: shop.db }]
metadata:
  tables:
    - source: shop
      table: orders
      select_permissions: [{ role: clerk, permission: { columns: [id, total], filter: {} } }]
`;

interface Line {
  readonly msg: string;
  readonly lines?: readonly string[];
}

/** The server, and the lines that it logs. */
async function served() {
  const log: Line[] = [];
  const logger = pino(
    { level: 'info' },
    { write: (text: string) => void log.push(JSON.parse(text) as Line) },
  );
  const server = await start(loadConfig(file), { logger });
  const ask = async (query: string) => {
    const response = await fetch(`${server.url}control/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-foz-admin-secret': secret },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data: Record<string, unknown> }).data;
  };
  return { server, log, ask };
}

beforeAll(async () => {
  await run(
    'create table customers (id integer primary key, name text)',
    'create table orders (id integer primary key, customer_id integer references customers, total integer, note text)',
  );
  writeFileSync(file, configuration);
});

test('the graph is compared with what was served before the start, and watched from then on', async () => {
  const first = await served();
  expect(first.server.changedSince).toBeNull();
  await first.server.close(100);
  expect(existsSync(join(folder, '.foz/graph.json.gz'))).toBe(true);

  const again = await served();
  expect(again.server.changedSince).toBeNull();
  await again.server.close(100);

  await run('alter table orders drop column note', 'alter table orders add column paid integer');
  const introspected = await inProcess(folder, ['introspect']);
  expect(introspected.out).toMatch(
    /graph: - orders\.note was removed \(and \d+ more that follow from it\) {2}\[breaking\]/,
  );
  expect(introspected.out).toMatch(/graph: \+ orders\.paid was added \(Int\)/);

  const { server, log, ask } = await served();
  try {
    const [found] = server.changedSince!.changes.filter(({ follows }) => follows === null);
    expect(found).toMatchObject({ severity: 'breaking', change: 'removed', what: 'orders.note' });
    expect(log.find(({ msg }) => msg === 'the graph has changed since the last start')?.lines?.[0]).toMatch(
      /^- orders\.note was removed/,
    );
    // `sourceReading` predicts the changes that a refresh then makes.
    await run('create table notes (id integer primary key, order_id integer references orders)');
    const reading = '{ sourceReading(name: "shop") { graphChanges { severity change what follows } } }';
    const { sourceReading } = await ask(reading);
    expect(sourceReading).toEqual({
      graphChanges: expect.arrayContaining([
        { severity: 'safe', change: 'added', what: 'notes', follows: null },
        { severity: 'safe', change: 'added', what: 'orders.notes', follows: null },
      ]),
    });
    await ask('mutation { refreshSource(name: "shop") { name } }');
    const { graphChanges } = await ask('{ graphChanges { sinceLastStart changes { what } } }');
    expect(
      (graphChanges as { sinceLastStart: boolean; changes: { what: string }[] }[]).map(
        ({ sinceLastStart, changes }) => [
          sinceLastStart,
          changes.some(({ what }) => /^(?:orders\.)?notes$/.test(what)),
        ],
      ),
    ).toEqual([
      [false, true],
      [true, false],
    ]);
  } finally {
    await server.close(100);
  }
}, 300_000);

test('a change that Foz notices by itself is told, too', async () => {
  const watching = configuration.replace('seconds: 0', 'seconds: 1');
  writeFileSync(file, watching.replace('[id, total]', '[id, paid]'));
  const { server, log } = await served();
  const leftOut = 'parts of the metadata do not fit the changed graph and are left out';
  try {
    await run('alter table orders drop column paid');
    await until(() => log.some(({ msg }) => msg === 'the graph has changed'), 60_000);
    expect(log.find(({ msg }) => msg === 'the graph has changed')!.lines![0]).toMatch(
      /^- orders\.paid was removed/,
    );
    // The permission names the column: the role loses the table, and the log says why.
    await until(() => log.some(({ msg }) => msg === leftOut), 60_000);
    expect(log.find(({ msg }) => msg === leftOut)!.lines).toEqual([
      expect.stringMatching(
        /orders: select permission of role "clerk", columns.*: .*paid.*; the permission is left out/,
      ),
    ]);
    // Told once, not again after each further change.
    await run('create table later (id integer primary key)');
    await until(() => log.filter(({ msg }) => msg === 'the graph has changed').length > 1, 60_000);
    expect(log.filter(({ msg }) => msg === leftOut)).toHaveLength(1);
    await run('drop table later');
  } finally {
    await server.close(100);
    writeFileSync(file, configuration);
  }
}, 120_000);

test('a source that is lost while Foz runs, and is back, is told', async () => {
  writeFileSync(file, configuration.replace('seconds: 0', 'seconds: 1'));
  const { server, log } = await served();
  const database = join(folder, 'shop.db');
  try {
    renameSync(database, `${database}.away`);
    await until(() => log.some(({ msg }) => msg.startsWith('source is unavailable')), 60_000);
    renameSync(`${database}.away`, database);
    await until(() => log.some(({ msg }) => msg === 'source is available again'), 60_000);
    const lines = log.filter(({ msg }) => /^source is /.test(msg));
    expect(lines).toMatchObject([
      { level: 40, source: 'shop', reason: expect.stringContaining('shop.db') },
      { level: 30, source: 'shop' },
    ]);
  } finally {
    await server.close(100);
    writeFileSync(file, configuration);
  }
}, 120_000);

test('check --against fails with what breaks, and says how the file is written', async () => {
  const missing = await command(folder, ['check', '--against', 'schema.graphql']);
  expect([missing.code, missing.err]).toEqual([
    1,
    'There is no file schema.graphql to compare the graph with. Write it with: foz schema print > schema.graphql\n',
  ]);
  for (const role of [[], ['--role', 'clerk']]) {
    await run('alter table orders add column weight integer');
    writeFileSync(join(folder, 'graph.graphql'), (await inProcess(folder, ['schema', 'print', ...role])).out);
    const same = await inProcess(folder, ['check', '--against', 'graph.graphql', ...role]);
    expect([same.code, same.out]).toEqual([0, expect.stringContaining('is the one in graph.graphql.')]);
    await run('alter table orders drop column weight');
    const { code, out } = await inProcess(folder, ['check', '--against', 'graph.graphql', ...role]);
    if (role.length > 0) expect([code, out]).toEqual([0, expect.stringContaining('is the one in')]);
    else {
      expect(code).toBe(1);
      expect(out).toMatch(
        /breaks operations that graph\.graphql allows \(\d+ changes\):\n {2}- orders\.weight was removed/,
      );
      expect(out).toContain('If all of it is meant: foz schema print > graph.graphql');
    }
  }
  const json = await inProcess(folder, ['check', '--against', 'graph.graphql', '--json']);
  const { ok, against } = JSON.parse(json.out) as {
    ok: boolean;
    against: { changes: { severity: string }[] };
  };
  // The file contains the graph of a role, so everything the role cannot see counts as added.
  expect([ok, against.changes.filter(({ severity }) => severity === 'breaking')]).toEqual([true, []]);
  expect(against.changes.length).toBeGreaterThan(10);
}, 300_000);

test('kept names are listed and can be made anew', async () => {
  writeFileSync(
    file,
    configuration.replace('sources: [', 'sources: [{ name: a, kind: sqlite, path: other.db }, '),
  );
  writeFileSync(join(folder, 'other.db'), readFileSync(join(folder, 'shop.db')));
  await (await served()).server.close(100);
  const listed = await command(folder, ['names', 'list', 'shop']);
  expect(listed.out).toMatch(/^shop\n {2}customers {2}customers\n {4}.* {2}orders {2}/);
  const kept = (await inProcess(folder, ['names', 'list', 'a'])).out;
  expect(kept).toMatch(/^a\n {2}customers {2}a_customers$/m);
  const none = await inProcess(folder, ['names', 'reset', 'a', 'ordres']);
  expect([none.code, none.err]).toEqual([
    1,
    expect.stringMatching(/^No names are kept for the table ordres of the source a: /),
  ]);
  expect((await inProcess(folder, ['names', 'reset', 'shop'])).out).toBe(
    'The names of the source shop are forgotten: the next start makes them anew.\n',
  );
  const { server, ask } = await served();
  try {
    // `a` keeps its stored names; those of `shop` were reset and are generated again.
    const { keptNames } = await ask('{ keptNames { source table name } }');
    expect(keptNames).toContainEqual({ source: 'shop', table: 'customers', name: 'customers' });
    expect(await ask('mutation { resetNames(source: "a") }')).toEqual({ resetNames: true });
    expect(await ask('mutation { resetNames(source: "none") }')).toEqual({ resetNames: false });
  } finally {
    await server.close(100);
  }
}, 300_000);
