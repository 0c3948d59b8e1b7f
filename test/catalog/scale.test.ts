import type { TableFacts } from '../../src/catalog/index.ts';
import { catalog, column, reference, source, table } from '../graph/catalogs.ts';

/** Tables of 20 columns, each with two foreign keys: to the previous table and to the first one. */
function tables(count: number): TableFacts[] {
  return Array.from({ length: count }, (_, index) => {
    const columns = ['id', 'previous_id', 'root_id'].map((name) => column(name, 'int'));
    for (let at = columns.length; at < 20; at++) columns.push(column(`field_${at}`, 'text'));
    const foreignKeys =
      index === 0 ? [] : [reference('previous_id', `t${index - 1}`), reference('root_id', 't0')];
    return table(`t${index}`, columns, { foreignKeys });
  });
}

/** The least processor time of five runs in ms, which does not depend on other work on the machine. */
function time(count: number): number {
  const content = tables(count);
  const times = [1, 2, 3, 4, 5].map(() => {
    const before = process.cpuUsage();
    const resolved = catalog([source('shop', content)]);
    const { user, system } = process.cpuUsage(before);
    const taken = (user + system) / 1000;
    expect([...resolved.sources.values()][0]!.tables[0]!.relationships).toHaveLength(count);
    return taken;
  });
  return Math.min(...times);
}

test('cost grows with the number of tables and not faster, also where all refer to one', () => {
  time(500);
  const small = time(1000);
  const large = time(5000);
  // Five times the tables: a quadratic catalog would take 25 times as long.
  expect(large / small).toBeLessThan(18);
}, 60_000);
