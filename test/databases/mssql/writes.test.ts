import { type Column, resolveCatalog, type Table } from '../../../src/catalog/index.ts';
import { parseSourceName } from '../../../src/core/index.ts';
import { mssqlDialect } from '../../../src/databases/mssql/index.ts';
import { TableFactsBuilder } from '../../../src/databases/mssql/table-facts-builder.ts';
import { identityOff } from '../../../src/databases/mssql/writes.ts';
import type { OnConflict, Param, Write } from '../../../src/plan/index.ts';
import { compileWrite } from '../../../src/sql/compile/write.ts';
import { refusedBy } from './refused.ts';

type Facts = readonly (string | number | boolean | null)[];

const text = (name: string, type: string, bytes: number, nullable = false): Facts => [
  ...[1, name, type, type, bytes, 0, 0, 'Latin1_General_CI_AS', nullable, false, false, null, null, 0],
];
const columns: readonly Facts[] = [
  [1, 'id', 'int', 'int', 4, 10, 0, null, false, true, false, null, null, 0],
  text('code', 'varchar', 20),
  text('title', 'nvarchar', 80, true),
  [1, 'price', 'decimal', 'decimal', 9, 12, 2, null, true, false, false, null, null, 0],
  [1, 'version', 'timestamp', 'timestamp', 8, 0, 0, null, false, false, false, null, null, 0],
];

/** `mayAlter`: the user may give values to the identity. */
function tableOf(triggers: readonly Facts[] = [], mayAlter = 1, kind = 'U '): Table {
  const builder = new TableFactsBuilder({
    defaultNamespace: 'dbo',
    wantedNamespace: () => true,
    wantedTable: () => true,
  });
  builder.readTables([['dbo', 'things', kind, null, 1, 1, mayAlter, 1, 1, 1]]);
  builder.readColumns(columns);
  const keys = [
    [1, 'pk', 1, 'id'],
    [1, 'things_code_price', 0, 'code'],
    [1, 'things_code_price', 0, 'price'],
  ];
  builder.readKeys(keys, []);
  builder.readTriggers(triggers);
  const facts = { engine: 'mssql', version: '16', defaultNamespace: 'dbo', ...builder.facts() };
  const source = {
    name: parseSourceName('shop')!,
    naming: 'hasura-default' as const,
    numbers: 'string' as const,
    customization: { rootFields: {}, typeNames: {} },
    facts,
  };
  return resolveCatalog([source], { tables: [] } as never).sources.get(source.name)!.tables[0]!;
}

const table = tableOf();
const column = (name: string) => table.columns.find((one) => one.name === name)!;
const [id, code, title, price, version] = ['id', 'code', 'title', 'price', 'version'].map(column) as [
  Column,
  Column,
  Column,
  Column,
  Column,
];
const cell = (of: Column, value: unknown): Param => ({
  type: of.type,
  shape: 'value',
  source: { kind: 'constant', value },
  path: '$',
  column: of,
});

/** The text of a write, which the checker takes. */
function spelled(write: Write): string {
  const { statement } = compileWrite(mssqlDialect, write);
  expect(refusedBy(statement.text)).toEqual([]);
  return statement.text;
}

const insert = (into: readonly Column[], rows: number, given: Partial<Extract<Write, { kind: 'insert' }>>) =>
  spelled({
    kind: 'insert',
    table,
    columns: into,
    rows: Array.from({ length: rows }, () => into.map((of) => cell(of, 'x'))),
    onConflict: null,
    returning: [],
    ...given,
  });
const byCode: OnConflict = {
  key: table.keys.find(({ name }) => name === 'things_code_price')!,
  update: [title],
  where: null,
};

describe('writes of SQL Server', () => {
  test('rows that nobody asks for are one statement, and counted by the server', () => {
    expect(insert([code], 2, {})).toBe(
      'set nocount on; declare @rows int = 0; insert into "dbo"."things" ("code") values (@p1), (@p2); set @rows = @rows + @@rowcount; select @rows as "foz_affected"',
    );
  });

  test('rows that are returned are inserted one by one in a transaction, and keep their order', () => {
    const batch = insert([code], 2, { returning: [id, price, version] });
    expect(batch).toMatch(
      /^set nocount on; declare @written table \("n" int identity, "c0" int, "c1" decimal\(12,2\), "c2" binary\(8\)\); set xact_abort on; begin transaction; insert /,
    );
    expect(batch.match(/insert into "dbo"\."things"/g)).toHaveLength(2);
    expect(batch).toMatch(/; commit; select "c0".* from @written order by "n"$/);
  });

  test('an identity that is given is allowed for its statement, and the row is read by it', () => {
    const batch = insert([id, code], 1, { returning: [id] });
    expect(batch).toContain(
      'set identity_insert "dbo"."things" on; insert into "dbo"."things" ("id", "code") values',
    );
    expect(batch).toContain('set identity_insert "dbo"."things" off; insert into @written ("c0") select');
    expect(identityOff(batch)).toBe('set identity_insert "dbo"."things" off');
    expect(identityOff(insert([code], 1, {}))).toBeNull();
    expect(identityOff('set identity_insert "a "" on;"."b; on;" on; insert')).toBe(
      'set identity_insert "a "" on;"."b; on;" off',
    );
  });

  test('a row of nothing but defaults names a column that takes one', () => {
    expect(insert([], 1, { rows: [[]], returning: [id] })).toContain(
      'insert into "dbo"."things" ("code") output inserted."id" into @written ("c0") values (default)',
    );
  });

  test('an upsert locks the key, and compares it as it is stored', () => {
    const batch = insert([code, price, title], 1, {
      onConflict: byCode,
      returning: [id],
      reportsChanged: true,
    });
    expect(batch).toContain(
      'begin transaction; if exists (select 1 from "dbo"."things" with (updlock, serializable) where',
    );
    // In the code page, which lacks characters; in the digits of the column; NULL is a value of the key.
    expect(batch).toMatch(
      /"code" = cast\(@p1 collate Latin1_General_CI_AS as varchar\(8000\)\) and "dbo"\."things"\."code" = @p1\)/,
    );
    expect(batch).toMatch(/"price" = round\(.*, 2\) or "dbo"\."things"\."price" is null and .* is null\)/);
    expect(batch).toContain(
      'begin update "dbo"."things" set "title" = @p3 output 1, inserted."id" into @written ("changed", "c0")',
    );
    expect(batch).toContain(
      'end else begin insert into "dbo"."things" ("code", "price", "title") output 0, inserted."id"',
    );
    expect(
      compileWrite(mssqlDialect, {
        kind: 'insert',
        table,
        columns: [code, price, title],
        rows: [[code, price, title].map((of) => cell(of, '1'))],
        onConflict: byCode,
        returning: [],
      }).statement.slots,
    ).toHaveLength(3);
  });

  test('an upsert that leaves the row alone has no update; one whose key the database makes up inserts', () => {
    expect(insert([code, price], 1, { onConflict: { ...byCode, update: [] } })).toMatch(
      /if not exists \(.*\) begin insert .* set @rows = @rows \+ @@rowcount; end; commit/,
    );
    const byId: OnConflict = { key: table.keys[0]!, update: [title], where: null };
    expect(insert([code, title], 1, { onConflict: byId })).not.toContain('exists');
  });

  test('updates and deletes keep their rows in a table variable', () => {
    const where = { kind: 'is null', column: title, negated: false } as const;
    expect(
      spelled({
        kind: 'update',
        table,
        set: [{ kind: 'inc', column: price, value: cell(price, '1') }],
        where,
        returning: [id],
      }),
    ).toMatch(
      /; update "dbo"\."things" set "price" = round\("dbo"\."things"\."price" \+ cast\(@p1 as decimal\(38, 28\)\), 2\) output inserted\."id" into @written \("c0"\) where "dbo"\."things"\."title" is null; select "c0".* from @written order by "n"$/,
    );
    expect(spelled({ kind: 'delete', table, where, returning: [code] })).toContain(
      'declare @written table ("n" int identity, "c0" nvarchar(20)); delete from "dbo"."things" output deleted."code" into @written ("c0") where',
    );
  });
});

describe('what may be written', () => {
  test('an identity only with the right to alter the table; a rowversion never', () => {
    expect(table.columns.map(({ identity, generated }) => [identity, generated])).toEqual([
      ['by default', false],
      [null, false],
      [null, false],
      [null, false],
      [null, true],
    ]);
    expect(tableOf([], 0).columns[0]!.identity).toBe('always');
  });

  test('triggers run after OUTPUT, or instead of the write', () => {
    const triggers = [
      [1, 'INSERT', false],
      [1, 'DELETE', true],
      [1, 'DELETE', false],
      [2, 'UPDATE', false],
    ];
    expect(tableOf(triggers).triggers).toEqual({ insert: 'after', delete: 'instead' });
  });

  test('a view, only where triggers take the write', () => {
    const { insertable, updatable, deletable } = tableOf([[1, 'INSERT', true]], 1, 'V ');
    expect([insertable, updatable, deletable]).toEqual([true, false, false]);
  });
});
