import type { Operator, ValueType } from '../../../src/catalog/index.ts';
import { encodeList } from '../../../src/databases/mssql/encode.ts';
import { mssqlDialect } from '../../../src/databases/mssql/index.ts';
import { readType } from '../../../src/databases/mssql/natives.ts';
import { queries } from '../../../src/databases/mssql/queries.ts';
import { TableFactsBuilder } from '../../../src/databases/mssql/table-facts-builder.ts';
import type { Param } from '../../../src/plan/index.ts';
import { render, type Sql, sql } from '../../../src/sql/index.ts';

/** What depends on types and collations that the server that stands in for SQL Server lacks, so that no recorded case shows it. */

const spelled = (fragment: Sql) => render(fragment, (position) => `@p${position}`).text;
const typed = (scalar: ValueType['scalar'], nativeType: string): ValueType => ({
  scalar,
  array: false,
  nativeType,
});
const american = 'SQL_Latin1_General_CP1_CI_AS';
const varchar = typed('text', `varchar(20) collate ${american}`);
const nvarchar = typed('text', `nvarchar(20) collate ${american}`);
const char = typed('text', `char(20) collate ${american}`);
const [x, y] = [sql`x`, sql`y`];

function compared(type: ValueType, operator: Operator): string {
  const param = { path: 'where', type } as unknown as Param;
  return spelled(mssqlDialect.compare(x, type, operator as '_eq', param)).replaceAll(/@p\d+/g, '@p');
}
const converted = `cast(@p collate ${american} as varchar(8000))`;
const bin = 'collate Latin1_General_100_BIN2';

describe('texts in a code page', () => {
  test.each([
    ['_gt', '>'],
    ['_gte', '>='],
    ['_lt', '<'],
    ['_lte', '<='],
  ] as const)('%s goes by the rules of ORDER BY alone', (operator, sign) => {
    expect(compared(varchar, operator)).toBe(`(x ${sign} ${converted})`);
  });

  test('equality has a second condition, and its opposite is the opposite of both', () => {
    expect(compared(varchar, '_eq')).toBe(`(x = ${converted} and x = @p)`);
    expect(compared(varchar, '_neq')).toBe(`(not (x = ${converted} and x = @p))`);
    expect(compared(nvarchar, '_neq')).toBe('(x <> @p)');
  });

  test.each(['_contains', '_nlike', '_ilike', '_starts_with'] as const)(
    '%s makes them Unicode before it names a collation',
    (operator) => {
      const text = compared(varchar, operator);
      expect(text).toContain(`cast(x as nvarchar(max)) ${bin}`);
      expect(text).not.toContain(`x ${bin}`);
    },
  );

  test('a column of another collation is compared as Unicode, too', () => {
    const other = typed('text', 'varchar(20) collate Cyrillic_General_CI_AS');
    const text = mssqlDialect.compareColumns!({ expression: x, type: nvarchar }, sql`=`, {
      expression: y,
      type: other,
    });
    expect(spelled(text!)).toBe(`x = cast(y as nvarchar(max)) collate ${american}`);
  });

  test('of any length are not cut', () => {
    const long = typed('text', `varchar(max) collate ${american}`);
    expect(compared(long, '_eq')).toContain('as varchar(max))');
  });
});

describe('the condition that finds candidates by the index', () => {
  test.each([
    [nvarchar, true],
    [typed('text', 'nvarchar(20) collate Latin1_General_100_CI_AS'), true],
    [typed('text', 'nvarchar(20) collate Danish_Norwegian_CI_AS'), false],
    [typed('text', 'nvarchar(20) collate Danish_Norwegian_BIN2'), true],
    [char, false],
  ])('%j: %s', (type, expected) => {
    expect(compared(type, '_starts_with').startsWith('(x like @p and ')).toBe(expected);
  });
});

test.each([
  ['char', 'char(4)'],
  ['nchar', 'nchar(4)'],
])('%s is shown, searched and keyed without its padding', (_, native) => {
  const type = typed('text', native);
  expect(spelled(mssqlDialect.flat(x, type))).toBe('rtrim(x)');
  expect(compared(type, '_ends_with')).toMatch(/^\(rtrim\(.*\) collate Latin1_General_100_BIN2 like @p\)$/);
  expect(spelled(mssqlDialect.keyText!(x, type, 'exact')!.expression)).toContain(
    "(rtrim(cast(x as nvarchar(max))) + N'|')",
  );
  expect(spelled(mssqlDialect.flat(x, nvarchar))).toBe('x');
});

describe('distinct tuples', () => {
  const tuple = (first: ValueType, second: ValueType) =>
    spelled(mssqlDialect.countDistinct([x, y], [first, second]));

  test.each([
    [typed('timestamp', 'datetime'), 'convert(nvarchar(40), x, 121)'],
    [typed('timestamptz', 'datetimeoffset(7)'), "convert(nvarchar(40), switchoffset(x, '+00:00'), 121)"],
    [typed('float', 'float'), 'convert(nvarchar(40), x, 3)'],
    [typed('numeric', 'money'), 'convert(nvarchar(40), cast(x as decimal(19, 4)))'],
    [typed('bytea', 'varbinary(max)'), 'convert(nvarchar(max), x, 2)'],
  ])('are told apart by every digit: %j', (type, expected) => {
    expect(tuple(type, typed('int', 'int'))).toContain(`then ${expected} + N','`);
  });

  test('of two collations are compared by the first', () => {
    const other = typed('text', 'varchar(20) collate Cyrillic_General_CI_AS');
    expect(tuple(nvarchar, other)).toContain(`cast(y as nvarchar(max)) collate ${american}`);
    expect(tuple(nvarchar, varchar)).not.toContain('collate');
  });

  test('one column is counted in 64 bits', () => {
    expect(spelled(mssqlDialect.countDistinct([x], [nvarchar]))).toBe('count_big(distinct x)');
  });
});

test('OFFSET of all rows is a whole number, not a decimal', () => {
  expect(spelled(mssqlDialect.limit(sql`0`, null))).toContain('cast(9223372036854775807 as bigint)');
});

test('a variant is shown with the digits of its own type', () => {
  const text = spelled(mssqlDialect.flat(x, typed('opaque', 'sql_variant')));
  for (const part of ['cast(x as datetime), 121)', 'cast(x as float), 3)', 'cast(x as money), 2)'])
    expect(text).toContain(part);
});

test('a value of a list that no column can hold is left out, not cut to one that it can', () => {
  const type = typed('text', 'nvarchar(4000)');
  const long = 'a'.repeat(4001);
  const blank = `${'b'.repeat(4000)} `;
  expect(JSON.parse(encodeList([long, blank, null, 'c'], type, 4000))).toEqual(['b'.repeat(4000), null, 'c']);
});

describe('datetime and smalldatetime', () => {
  const [datetime, minutes] = [typed('timestamp', 'datetime'), typed('timestamp', 'smalldatetime')];
  const bounds = (type: ValueType, operator: Operator, value: string) => {
    const param = { path: 'where', type } as unknown as Param;
    const { text, slots } = render(
      mssqlDialect.compare(x, type, operator as '_eq', param),
      (at) => `@p${at}`,
    );
    return [text, ...slots.map(({ encode }) => encode(value))];
  };

  test.each([
    [datetime, '_gt', '1000-01-01T00:00:00', '>=', '1753-01-01T00:00:00', '>'],
    [datetime, '_lte', '2024-01-01T10:00:00.001', '<=', '2024-01-01T10:00:00.001', '<='],
    [minutes, '_lt', '2100-01-01T00:00:00', '<=', '2079-06-06T23:59:00', '<'],
    [minutes, '_eq', '2024-01-01T10:00:29', '=', '2024-01-01T10:00:29', '='],
  ] as const)(
    '%j %s %s is compared as given, and found by the nearest one that it holds',
    (type, operator, given, about, nearest, sign) => {
      expect(bounds(type, operator, given)).toEqual([
        `(x ${about} cast(cast(@p1 as datetime2(7)) as ${type.nativeType}) and cast(x as datetime2(3)) ${sign} cast(@p2 as datetime2(7)))`,
        nearest,
        given,
      ]);
    },
  );

  test.each([
    [datetime, '2024-01-01T10:00:00.003', true],
    [datetime, '2024-01-01T10:00:00.12', true],
    [datetime, '2024-01-01T10:00:00.001', false],
    [datetime, '2024-01-01T10:00:00.0031', false],
    [datetime, '1000-01-01T00:00:00', false],
    [minutes, '2024-01-01T10:00:00', true],
    [minutes, '2024-01-01T10:00:30', false],
    [minutes, '2100-01-01T00:00:00', false],
    [typed('timestamp', 'datetime2(7)'), '1000-01-01T00:00:00.0000001', true],
  ])('%j holds %s: %s', (type, value, expected) => {
    expect(mssqlDialect.canHold(value, type)).toBe(expected);
    expect(JSON.parse(encodeList([value], type))).toHaveLength(expected ? 1 : 0);
  });

  test('compared with another type they are what fields show', () => {
    const text = mssqlDialect.compareColumns!({ expression: x, type: datetime }, sql`=`, {
      expression: y,
      type: typed('timestamp', 'datetime2(7)'),
    });
    expect(spelled(text!)).toBe('cast(x as datetime2(3)) = y');
  });
});

test('images are not compared', () => {
  const image = { type: 'image', maxLength: 16, precision: 0, scale: 0, collation: null };
  expect(readType(image).compares).toBe('none');
});

describe('keys', () => {
  const facts = (disabled: number, untrusted: number) => {
    const builder = new TableFactsBuilder({
      defaultNamespace: 'dbo',
      wantedNamespace: () => true,
      wantedTable: () => true,
    });
    builder.readTables([['dbo', 't', 'U ', null, 1, 1]]);
    builder.readColumns(
      ['id', 'other'].map((name) => [
        1,
        name,
        'int',
        'int',
        4,
        10,
        0,
        null,
        false,
        false,
        false,
        null,
        null,
        0,
      ]),
    );
    builder.readKeys([], [[1, 'fk', 1, 'other', 'id', disabled, untrusted]]);
    return builder.facts().tables[0]!.foreignKeys[0]!;
  };

  test('a foreign key that is off, or was not applied to all rows, may refer to no row', () => {
    expect(facts(0, 0)).not.toHaveProperty('unchecked');
    expect([facts(1, 1).unchecked, facts(0, 1).unchecked]).toEqual([true, true]);
  });

  test('a key that ignores duplicates is one, and columns of the partitioning are not of it', () => {
    expect(queries.keys).not.toContain('ignore_dup_key');
    expect(queries.keys).toContain('key_ordinal > 0');
  });
});
