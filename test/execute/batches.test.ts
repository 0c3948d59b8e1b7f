import type { Column, Table } from '../../src/catalog/index.ts';
import { batches, type Cells, rowsPerInsert } from '../../src/execute/write/returning.ts';
import type { Capabilities, Param } from '../../src/plan/index.ts';

test.each([
  ['an engine that counts parameters', { mostParameters: 32_766, mostRows: null }, 10, 2948],
  ['an engine whose values stand in the text', { mostParameters: null, mostRows: null }, 10, 3000],
  ['an engine that counts rows, too', { mostParameters: 2_098, mostRows: 1_000 }, 1, 1000],
  ['an engine that takes few parameters', { mostParameters: 2_098, mostRows: 1_000 }, 50, 37],
  ['a row with more cells than an INSERT should have', { mostParameters: 100, mostRows: null }, 200, 1],
  ['rows without cells', { mostParameters: null, mostRows: 1_000 }, 0, 1000],
])('rows of an INSERT: %s', (_, capabilities, columns, expected) => {
  expect(rowsPerInsert(capabilities, columns)).toBe(expected);
});

test.each([
  [1_000, [1000, 1000, 500]],
  [null, [2500]],
])(
  'given rows are cut into statements that an engine with at most %s rows in VALUES takes',
  (mostRows, expected) => {
    const column = { ordinal: 0, name: 'n' } as Column;
    const table = { columns: [column] } as unknown as Table;
    const rows: Cells[] = Array.from({ length: 2500 }, () => new Map([[column, {} as Param]]));
    const capabilities = { mostParameters: null, mostRows, defaultKeyword: true } as Capabilities;
    const cut = batches({ capabilities } as Parameters<typeof batches>[0], table, rows, false);
    expect(cut.map((batch) => batch.rows.length)).toEqual(expected);
  },
);
