import { familyOf, scalars, type ValueType } from '../../../src/catalog/index.ts';
import type { Param } from '../../../src/plan/index.ts';
import { Scope } from '../../../src/sql/compile/scope.ts';
import { overSets } from '../../../src/sql/compile/sets.ts';
import { sql } from '../../../src/sql/index.ts';
import { render } from '../../../src/sql/sql.ts';
import { constant, dialect, everything, type Fixture, factsOf, patient, rowsOf, typeOf } from './support.ts';

/** Creates the types of the columns. */
export const prelude = `
create type mood as enum ('so so', 'it''s "fine"', 'näh');
create type pair as (a int, b text);
create domain short as varchar(5);
create domain level as text check (value in ('low', 'high'));
`;

/** Native types with literals, many at the limits of the type, and the canonical JSON of a literal where it is not obvious. */
export const typeCases: readonly (readonly [
  type: string,
  ...literals: (string | readonly [literal: string, json: string])[],
])[] = [
  ['boolean', ['true', 'true'], ['false', 'false']],
  ['smallint', ['-32768', '-32768'], '32767', '0'],
  ['integer', '-2147483648', ['2147483647', '2147483647']],
  ['bigint', ['9223372036854775807', '"9223372036854775807"'], '-9223372036854775808', '0'],
  ['oid', ['4294967295', '"4294967295"']],
  ['numeric', ['1.50', '"1.50"'], '-0.000001', '1e40', ['NaN', '"NaN"'], ['Infinity', '"Infinity"'], '0'],
  ['numeric(12,2)', ['1.5', '"1.50"'], '-9999999999.99'],
  [
    'real',
    '1.5',
    '1e-10',
    '3.4e38',
    ['NaN', '"NaN"'],
    ['Infinity', '"Infinity"'],
    ['-Infinity', '"-Infinity"'],
    '-0',
    '0.1',
  ],
  [
    'double precision',
    ['0.1', '0.1'],
    '1e20',
    '1e-7',
    '1.7976931348623157e308',
    '5e-324',
    ['NaN', '"NaN"'],
    ['-Infinity', '"-Infinity"'],
  ],
  [
    'text',
    ['', '""'],
    ['"quoted" \\ back / slash', '"\\"quoted\\" \\\\ back / slash"'],
    "it's",
    'line\nfeed\ttab\rreturn\bbell\f',
    '\u0001\u001f\u007f\u0080',
    'ünï©ode 日本 👩‍👩‍👧 \u2028 \u2029 \ufeff',
    '{"a":1}',
    'null',
    '$1 ? ? %',
    'x'.repeat(100_000),
  ],
  ['varchar(40)', 'plain', ' spaces '],
  ['character(5)', ['ab', '"ab"'], 'abcde'],
  ['name', 'pg_class'],
  ['short', 'abcde'],
  ['uuid', ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"']],
  [
    'date',
    ['2024-02-29', '"2024-02-29"'],
    ['0044-03-15 BC', '"0044-03-15 BC"'],
    ['12024-01-01', '"12024-01-01"'],
    ['infinity', '"infinity"'],
    '-infinity',
    '0001-01-01',
  ],
  ['time', ['23:59:59.500', '"23:59:59.5"'], ['24:00:00', '"24:00:00"'], '00:00:00', '12:34:56.123456'],
  [
    'timetz',
    ['23:59:59+02', '"23:59:59+02:00"'],
    ['01:02:03.5-05:30', '"01:02:03.5-05:30"'],
    '00:00:00+00',
    '00:00:00+15:59:30',
  ],
  [
    'timestamp',
    ['2024-02-29 23:59:59.500', '"2024-02-29T23:59:59.5"'],
    '2024-01-01',
    ['0044-03-15 01:02:03 BC', '"0044-03-15T01:02:03 BC"'],
    '12024-01-01 00:00:00.000001',
    ['infinity', '"infinity"'],
    '-infinity',
  ],
  ['timestamp(0)', ['2024-02-29 23:59:58.6', '"2024-02-29T23:59:59"']],
  [
    'timestamptz',
    ['2024-02-29 23:59:59.5+02', '"2024-02-29T21:59:59.5+00:00"'],
    ['0044-03-15 01:02:03+00 BC', '"0044-03-15T01:02:03+00:00 BC"'],
    '12024-01-01 00:00:00+00',
    'infinity',
    ['-infinity', '"-infinity"'],
  ],
  ['interval', ['1 day 2 hours', '"P1DT2H"'], ['0', '"PT0S"'], '-1 day', '1 year 2 mons -3 days 04:05:06.7'],
  ['json', ['{"b":1,  "a":[1, 2.0, "x"]}', '{"b":1,  "a":[1, 2.0, "x"]}'], 'null', '"text"', '[]'],
  ['jsonb', ['{"b":1,  "a":[1, 2.0, "x"]}', '{"a": [1, 2.0, "x"], "b": 1}'], 'null', '"te\\"xt"', '1e400'],
  ['bytea', ['\\x00ff10', '"AP8Q"'], ['', '""'], `\\x${'a1b2c3d4e5'.repeat(40)}`],
  ['mood', ['so so', '"so so"'], ['it\'s "fine"', '"it\'s \\"fine\\""'], 'näh'],
  ['level', ['low', '"low"']],
  ['inet', ['192.168.1.1', '"192.168.1.1"'], '10.0.0.0/8', '::1'],
  ['int4range', ['[1,5)', '"[1,5)"'], 'empty'],
  ['pair', ['(1,"a ""b"" c")', '"(1,\\"a \\"\\"b\\"\\" c\\")"']],
  ['money', '12.50'],
  ['bit(4)', '1010'],
  ['point', '(1.5,2)'],
  ['tsvector', "'fat' 'rat'"],
  ['"char"', 'x'],
  ['boolean[]', ['{t,NULL,f}', '[true,null,false]']],
  ['integer[]', ['{1,NULL,-3}', '[1,null,-3]'], ['{}', '[]'], ['{{1,2},{3,4}}', '[[1,2],[3,4]]']],
  ['bigint[]', ['{9223372036854775807,NULL}', '["9223372036854775807",null]'], '{}'],
  ['numeric[]', ['{1.50,NaN,NULL,-2}', '["1.50","NaN",null,"-2"]']],
  ['double precision[]', '{0.1,NaN,1e20}'],
  [
    'text[]',
    ['{"a \\"b\\"","",NULL,"NULL","c,d","\\\\"}', '["a \\"b\\"","",null,"NULL","c,d","\\\\"]'],
    '{}',
  ],
  ['character(3)[]', ['{a,bcd}', '["a","bcd"]']],
  ['uuid[]', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'],
  ['date[]', '{2024-02-29,infinity,"0044-03-15 BC"}'],
  ['timetz[]', ['{23:59:59+02,NULL,12:00:00-05:30}', '["23:59:59+02:00",null,"12:00:00-05:30"]'], '{}'],
  ['timestamp[]', ['{"2024-02-29 23:59:59.5",NULL}', '["2024-02-29T23:59:59.5",null]']],
  ['timestamptz[]', ['{"2024-02-29 23:59:59.5+00"}', '["2024-02-29T23:59:59.5+00:00"]']],
  ['interval[]', ['{"1 day","02:00:00"}', '["P1D","PT2H"]']],
  ['bytea[]', ['{"\\\\x00ff",NULL}', '["AP8=",null]'], '{}'],
  ['jsonb[]', ['{"{\\"a\\": 1}",NULL,"[1]"}', '[{"a": 1},null,[1]]']],
  ['mood[]', ['{"so so",NULL}', '["so so",null]']],
  ['inet[]', ['{10.0.0.0/8}', '["10.0.0.0/8"]']],
  ['pair[]', ['{"(1,a)"}', '["(1,a)"]']],
];

/** The JSON text that the row writer makes of a value that the driver returned. */
function written(wire: unknown, type: ValueType, numbers: 'string' | 'number'): string {
  const textOf = dialect.textOf(type, numbers);
  const text = textOf === undefined ? String(wire) : textOf(wire);
  if (type.array) return text;
  const { form } = scalars[type.scalar];
  if (form === 'escaped') return JSON.stringify(text);
  return form === 'quoted' || (form === 'digits' && numbers === 'string') ? `"${text}"` : text;
}

/** Parses a value of an answer, to send it back as a client would. */
const canonical = (json: string) => JSON.parse(json) as unknown;

/** Tests for each type: values read flat equal the JSON that the database builds, and can be written back. */
export function describeValues(open: () => Promise<Fixture>): void {
  let fixture: Fixture;
  const types = new Map<string, ValueType>();
  const table = dialect.name('values');

  beforeAll(async () => {
    fixture = await open();
    const columns = typeCases.map(([type], index) => `c${index} ${type}`);
    const inserts = typeCases.flatMap(([, ...literals], index) =>
      literals.map((entry) => {
        const literal = typeof entry === 'string' ? entry : entry[0];
        return `insert into "values" (c${index}) values (E'${literal.replaceAll('\\', '\\\\').replaceAll("'", "''")}');`;
      }),
    );
    await fixture.script(`${prelude}
      create table "values" (id int generated always as identity, ${columns.join(', ')});
      create table "copies" (id int generated always as identity, ${columns.join(', ')});
      ${inserts.join('\n')}`);
    const facts = await fixture.connector.introspect(everything, new AbortController().signal);
    for (const column of factsOf(facts, 'values').columns) types.set(column.name, typeOf(column));
  });
  afterAll(() => fixture.drop());

  test.each(typeCases.map(([type], index) => ({ type, index })))('$type', async ({ index }) => {
    const column = `c${index}`;
    const type = types.get(column)!;
    const c = dialect.name(column);
    const rows = await rowsOf(
      fixture.connector,
      sql`select ${dialect.flat(c, type)}, ${dialect.json.value(c, type, 'string')}, ${dialect.json.value(c, type, 'number')}
        from ${table} where ${c} is not null order by "id"`,
    );
    const [, ...literals] = typeCases[index]!;
    expect(rows).toHaveLength(literals.length);
    for (const [at, [wire, asStrings, asNumbers]] of rows.entries()) {
      expect(written(wire, type, 'string')).toBe(asStrings);
      expect(written(wire, type, 'number')).toBe(asNumbers);
      expect(() => JSON.parse(asNumbers as string)).not.toThrow();
      const expected = literals[at]!;
      if (typeof expected !== 'string') expect(asStrings).toBe(expected[1]);
    }
    await asSets(
      type,
      rows.map(([, json]) => json as string),
    );
    await writtenBack(
      column,
      type,
      rows.map(([, json]) => json as string),
    );
  });

  /** Values of many sets of parameters arrive as the same values as one by one, with NULL between them. */
  async function asSets(type: ValueType, documents: readonly string[]) {
    const values = [null, ...documents.flatMap((json) => [canonical(json), null])];
    const param: Param = { ...constant(null, type), source: { kind: 'variable', path: ['v'] } };
    const bound = dialect.bind(param);
    const columns = [dialect.json.value(bound, type, 'string'), sql`${bound} is null`];
    const statement = render(overSets(new Scope(dialect), columns), dialect.placeholder);
    const gathered = statement.slots.map(({ encode, gather }) => gather!(values.map(encode)));
    const { rows } = await fixture.connector.run(statement, gathered, patient);
    const single = await Promise.all(
      values.map(async (value) => {
        const own = dialect.bind(constant(value, type));
        const [row] = await rowsOf(
          fixture.connector,
          sql`select ${dialect.json.value(own, type, 'string')}, ${own} is null`,
        );
        return row!;
      }),
    );
    expect(rows.map(([text, isNull]) => [text, isNull])).toEqual(single);
    expect(rows.map(([, , at]) => Number(at))).toEqual(values.map((_, at) => at));
  }

  async function writtenBack(column: string, type: ValueType, documents: readonly string[]) {
    const isJson = familyOf(type.scalar) === 'json';
    // Left out: JSON null, which is written as NULL, and a number that JavaScript cannot represent, which no client sends.
    if (isJson && !type.array)
      documents = documents.filter((json) => json !== 'null' && !/\d{300}/.test(json));
    const c = dialect.name(column);
    const copies = dialect.name('copies');
    for (const json of documents) {
      const value = dialect.bind(constant(canonical(json), type));
      await rowsOf(fixture.connector, sql`insert into ${copies} (${c}) values (${value})`);
    }
    const back = await rowsOf(
      fixture.connector,
      sql`select ${dialect.json.value(c, type, 'string')} from ${copies} where ${c} is not null order by "id"`,
    );
    const texts = back.map(([json]) => json as string);
    if (isJson) expect(texts.map(canonical)).toEqual(documents.map(canonical));
    else expect(texts).toEqual(documents);
    const empty = await rowsOf(
      fixture.connector,
      sql`select ${dialect.flat(c, type)}, ${dialect.json.value(c, type, 'string')} from ${copies} where ${c} is null limit 1`,
    );
    for (const row of empty) expect(row).toEqual([null, null]);
  }

  test('a bound NULL is NULL for every type', async () => {
    for (const [column, type] of types) {
      const [[value]] = (await rowsOf(
        fixture.connector,
        sql`select ${dialect.bind(constant(null, type))} is null`,
      )) as [[string]];
      expect([column, value]).toEqual([column, 't']);
    }
  });
}
