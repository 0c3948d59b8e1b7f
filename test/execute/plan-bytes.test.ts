import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { parseSourceName } from '../../src/core/index.ts';
import { planBudget, RoleEngine } from '../../src/execute/index.ts';
import { Graphs, SourceRegistry } from '../../src/views/index.ts';
import { ask, askHot } from '../support/cases/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'foz-kept-'));
const budget = 4 * 2 ** 20;
let registry: SourceRegistry;
let graphs: Graphs;

beforeAll(async () => {
  const config = { name: 'shop', kind: 'sqlite', path: join(folder, 'shop.db') } as const;
  const connector = await connect(config, { create: true });
  const context = { signal: new AbortController().signal, timeoutMs: null };
  for (const text of ['create table customers (id integer primary key, name text)'])
    await connector.run({ text, slots: [] }, [], context);
  registry = new SourceRegistry([{ name: parseSourceName('shop')!, config, connector }], null);
  await registry.start();
  graphs = new Graphs({}, registry);
});
afterAll(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

const aliases = (mark: string, count: number) =>
  `{customers(limit: 1) {${Array.from({ length: count }, (_, at) => `a${mark}_${at}: name`).join(' ')}}}`;

test('a flood of new operations stays within its bytes, and leaves other engines their plans', async () => {
  const plans = planBudget(budget);
  const options = { ...graphs.engine().options, plans };
  const [quiet, flooded] = [new RoleEngine(options), new RoleEngine(options)];
  const known = { query: '{ customers { id name } }', variables: {} };
  await ask(quiet, known);
  for (let at = 0; at < 90; at++) {
    expect(await ask(flooded, { query: aliases(`n${at}`, 100), variables: {} })).toBe(
      '{"data":{"customers":[]}}',
    );
    expect(plans.state.bytes).toBeLessThanOrEqual(budget);
  }
  expect(plans.state.evictions).toBeGreaterThan(20);
  expect(await askHot(flooded, { query: aliases('n89', 100), variables: {} })).toBeDefined();
  expect(await askHot(flooded, { query: aliases('n0', 100), variables: {} })).toBeUndefined();
  expect(await askHot(quiet, known)).toBeDefined();
  flooded.close();
  expect(plans.state.entries).toBe(1);
});

test('an operation that is too large is answered each time, and not kept', async () => {
  const plans = planBudget(budget);
  const engine = new RoleEngine({ ...graphs.engine().options, plans });
  const large = { query: aliases('x', 1_500), variables: {} };
  for (let at = 0; at < 2; at++) expect(await ask(engine, large)).toBe('{"data":{"customers":[]}}');
  expect(await askHot(engine, large)).toBeUndefined();
  expect(plans.state).toMatchObject({ bytes: 0, entries: 0 });
});

test('many shapes of the variables of one operation stay within the bytes of one entry', async () => {
  const plans = planBudget(budget);
  const engine = new RoleEngine({ ...graphs.engine().options, plans });
  const query = 'query ($where: customers_bool_exp) { customers(where: $where) { id } }';
  const variables = (at: number) => ({
    where: { _or: Array.from({ length: 60 + at }, () => ({ id: { _eq: 1 } })) },
  });
  for (let at = 0; at < 30; at++) await ask(engine, { query, variables: variables(at) });
  expect(plans.state.entries).toBe(1);
  expect(plans.state.bytes).toBeLessThanOrEqual(plans.largest);
  expect(await askHot(engine, { query, variables: variables(29) })).toBeDefined();
});

test('engines that a change replaces give back what they kept', async () => {
  const own = new Graphs({}, registry);
  await ask(own.engine(), { query: '{ customers { id } }', variables: {} });
  expect(own.caches[0]).toMatchObject({ name: 'plans', entries: 1 });
  own.useConfig({ sources: [], key_cap: 7 } as never);
  await ask(own.engine(), { query: '{ customers { name } }', variables: {} });
  expect(own.caches[0]).toMatchObject({ entries: 1 });
});
