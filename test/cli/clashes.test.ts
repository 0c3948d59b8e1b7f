import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printType } from 'graphql';
import { attach, connect } from '../../src/attach.ts';
import { loadConfig } from '../../src/control/index.ts';
import { inProcess } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-clashes-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function database(file: string, text: string): Promise<void> {
  const connector = await connect(
    { name: 'own', kind: 'sqlite', path: join(folder, file) },
    { create: true },
  );
  await connector.run({ text, slots: [] }, [], { signal: new AbortController().signal, timeoutMs: 10_000 });
  await connector.close();
}

beforeAll(async () => {
  await database('one.db', 'create table orders (id integer primary key, of_one text)');
  await database('two.db', 'create table orders (id integer primary key, of_two text)');
});

const sources = ['{ name: beta, kind: sqlite, path: one.db }', '{ name: alfa, kind: sqlite, path: two.db }'];

function configure(name: string, lines: readonly string[], metadata = ''): void {
  writeFileSync(
    join(folder, name),
    `state: ./state-${name}\nsources:\n${lines.map((line) => `  - ${line}\n`).join('')}${metadata}`,
  );
}

/** The root fields for lists of orders, with the column that identifies the database. */
async function lists(config: string): Promise<string[]> {
  const { graphs, close } = await attach(loadConfig(join(folder, config)), 'command');
  const { schema } = graphs.engine().options;
  const names = Object.keys(schema.getQueryType()!.getFields()).filter((name) => name.endsWith('orders'));
  await close();
  return names.sort().map((name) => `${name} ${/of_\w+/.exec(printType(schema.getType(name)!))![0]}`);
}

test('two sources with a table of one name are both served, and check fails until it is settled', async () => {
  configure('a.yaml', sources);
  configure('b.yaml', [...sources].reverse());
  expect(await lists('a.yaml')).toEqual(['beta_orders of_one', 'orders of_two']);
  expect(await lists('b.yaml')).toEqual(['beta_orders of_one', 'orders of_two']);
  const { code, out } = await inProcess(folder, ['check', '-c', 'a.yaml', '--json']);
  const result = JSON.parse(out) as {
    ok: boolean;
    issues: { where: string; reason: string; line: number }[];
  };
  expect([code, result.ok, result.issues.map(({ where, line }) => [where, line])]).toEqual([
    1,
    false,
    [['beta.orders', 3]],
  ]);
  expect(result.issues[0]!.reason).toMatch(
    'The root field "orders" is that of alfa.orders (sources go by their names), so beta.orders is called "beta_orders".',
  );
  // The entry that the message proposes, copied verbatim.
  const entry = /to swap them: (- .*)$/.exec(result.issues[0]!.reason)![1]!;
  configure('c.yaml', sources, `metadata:\n  tables:\n    ${entry}\n`);
  expect(await lists('c.yaml')).toEqual(['alfa_orders of_two', 'orders of_one']);
  const kept = /metadata.tables: (- .*), to swap/.exec(result.issues[0]!.reason)![1]!;
  configure('d.yaml', sources, `metadata:\n  tables:\n    ${kept}\n`);
  const settled = await inProcess(folder, ['check', '-c', 'd.yaml']);
  expect([settled.code, settled.out]).toEqual([0, expect.stringContaining('All is well.')]);
}, 120_000);
