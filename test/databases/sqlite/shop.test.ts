import { contents } from '../../catalogs/load.ts';
import { freshDatabase } from '../../support/databases.ts';
import { attach, cleanUp, flatText, jsonText, select } from './support.ts';

afterAll(cleanUp);

describe.each(['shop', 'support'] as const)('%s', (catalog) => {
  test('every table is read as its content says, as rows and as JSON', async () => {
    const database = await freshDatabase('sqlite', catalog);
    const made = await attach(database.location);
    for (const { table: name, columns, rows } of contents[catalog]) {
      const table = made.table(name);
      const chosen = { ...select(table, Object.keys(columns)) };
      const text = await flatText(made, chosen);
      expect(await jsonText(made, chosen)).toBe(text);
      const keys = chosen.fields.map((field) => field.key);
      const found = (JSON.parse(text) as Record<string, unknown>[]).map((row) => keys.map((key) => row[key]));
      // The fixture content has JSON as text, and numbers as text only where JavaScript cannot represent them.
      const kinds = Object.values(columns);
      const plain = (value: unknown, at: number) => {
        if (kinds[at] === 'json' && typeof value === 'string') return JSON.parse(value);
        return kinds[at] === 'integer' && value !== null ? String(value) : value;
      };
      const sorted = (list: readonly (readonly unknown[])[]) =>
        list.map((row) => JSON.stringify(row.map(plain))).sort();
      expect([
        name,
        sorted(
          found.map((row) =>
            row.map((value, at) => (kinds[at] === 'json' && value !== null ? JSON.stringify(value) : value)),
          ),
        ),
      ]).toEqual([name, sorted(rows)]);
    }
    expect(made.facts.issues).toEqual([]);
    for (const view of made.facts.tables.filter(({ kind }) => kind === 'view')) {
      const chosen = select(made.table(view.name));
      expect(await jsonText(made, chosen)).toBe(await flatText(made, chosen));
    }
    if (catalog === 'shop') {
      const types = made.table('customer_totals').columns.map(({ type }) => [type.scalar, type.scale]);
      expect(types).toEqual([
        ['int', null],
        ['text', null],
        ['bigint', null],
        ['numeric', 2],
      ]);
    }
    await made.connector.close();
    await database.drop();
  });
});
