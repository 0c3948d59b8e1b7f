import { cleanUp, fixture, flatText, jsonText, say, select } from './support.ts';

afterAll(cleanUp);

/** A SQL literal and the JSON expected for it. */
type Example = readonly [literal: string, json: string];

const examples: Readonly<Record<string, readonly Example[]>> = {
  BOOLEAN: [
    ['1', 'true'],
    ['0', 'false'],
    ["'true'", 'true'],
    ["'FALSE'", 'false'],
    ["'t'", 'true'],
    ['null', 'null'],
  ],
  SMALLINT: [
    ['-32768', '-32768'],
    ['32767', '32767'],
    ['null', 'null'],
  ],
  INTEGER: [
    ['2147483647', '2147483647'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['1.5', '1.5'],
    [`'not "a" number'`, '"not \\"a\\" number"'],
  ],
  BIGINT: [
    ['9223372036854775807', '"9223372036854775807"'],
    ['-9223372036854775808', '"-9223372036854775808"'],
    ['9007199254740993', '"9007199254740993"'],
    ['0', '"0"'],
    ['null', 'null'],
  ],
  'DECIMAL(12, 2)': [
    ['12.5', '"12.50"'],
    ['12', '"12.00"'],
    ['-0.0', '"0.00"'],
    ['0.1 + 0.2', '"0.30"'],
    ['-9999999999.99', '"-9999999999.99"'],
    ['1.005', '"1.00"'],
    ['9007199254740993', '"9007199254740993.00"'],
    ['null', 'null'],
  ],
  NUMERIC: [
    ['12.5', '"12.5"'],
    ['0.0000001', '"0.0000001"'],
    ['1e21', '"1000000000000000000000"'],
    ['9223372036854775807', '"9223372036854775807"'],
  ],
  DOUBLE: [
    ['0.1', '0.1'],
    ['1e15', '1000000000000000'],
    ['1e21', '1e+21'],
    ['1e-7', '1e-7'],
    ['5e-324', '5e-324'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['2', '2'],
    ['-0.0', '0'],
    ['0.1 + 0.2', '0.30000000000000004'],
    ['9e999', '"Infinity"'],
    ['-9e999', '"-Infinity"'],
    ['null', 'null'],
  ],
  TEXT: [
    [`'it''s "quoted" \\ / é 😀'`, JSON.stringify(`it's "quoted" \\ / é 😀`)],
    ['char(1,8,9,10,12,13,27,31,127,8232)', JSON.stringify('\x01\b\t\n\f\r\x1b\x1f\x7f\u2028')],
    ["''", '""'],
    [`'${'long '.repeat(2000)}'`, JSON.stringify('long '.repeat(2000))],
    ["x'c3a9'", '"é"'],
    ['null', 'null'],
  ],
  UUID: [
    ["'6F9619FF-8B86-D011-B42D-00C04FC964FF'", '"6f9619ff-8b86-d011-b42d-00c04fc964ff"'],
    ["'6f9619ff8b86d011b42d00c04fc964ff'", '"6f9619ff-8b86-d011-b42d-00c04fc964ff"'],
    ["x'6f9619ff8b86d011b42d00c04fc964ff'", '"6f9619ff-8b86-d011-b42d-00c04fc964ff"'],
    [`'no "uuid"'`, '"no \\"uuid\\""'],
    ['null', 'null'],
  ],
  DATE: [
    ["'2024-02-29'", '"2024-02-29"'],
    ["'2024-02-29 00:00:00'", '"2024-02-29"'],
    [`'"soon"'`, '"\\"soon\\""'],
    ['null', 'null'],
  ],
  TIME: [
    ["'23:59:59'", '"23:59:59"'],
    ["'23:59:59.500'", '"23:59:59.5"'],
    ["'23:59'", '"23:59:00"'],
    ['null', 'null'],
  ],
  TIMESTAMP: [
    ["'2024-02-29 23:59:59'", '"2024-02-29T23:59:59"'],
    ["'2024-02-29T23:59:59'", '"2024-02-29T23:59:59"'],
    ["'2024-02-29 23:59:59.500000'", '"2024-02-29T23:59:59.5"'],
    ["'2024-02-29T23:59:59.123456Z'", '"2024-02-29T23:59:59.123456"'],
    ["'2024-02-29T23:59:59.000Z'", '"2024-02-29T23:59:59"'],
    ["'2024-02-29'", '"2024-02-29T00:00:00"'],
    ["'2024-02-29 23:59'", '"2024-02-29T23:59:00"'],
    ['1709251199', '"2024-02-29T23:59:59"'],
    ['1709251199500', '"2024-02-29T23:59:59.5"'],
    ['2460370.5', '"2024-03-01T00:00:00"'],
    [`'"never"'`, '"\\"never\\""'],
    ['null', 'null'],
  ],
  'TIMESTAMP WITH TIME ZONE': [
    ["'2024-02-29 23:59:59'", '"2024-02-29T23:59:59+00:00"'],
    ["'2024-02-29T23:59:59Z'", '"2024-02-29T23:59:59+00:00"'],
    ["'2024-02-29 23:59:59.25+02:00'", '"2024-02-29T21:59:59.25+00:00"'],
    ["'2024-02-29T23:59:59-0130'", '"2024-03-01T01:29:59+00:00"'],
    ['null', 'null'],
  ],
  JSON: [
    [`'{"b": 1, "a": [1.0, 12345678901234567890]}'`, '{"b": 1, "a": [1.0, 12345678901234567890]}'],
    ['5', '5'],
    ["'null'", 'null'],
    [`'not json'`, '"not json"'],
    [`jsonb('{"b":1,"a":"é"}')`, '{"b":1,"a":"é"}'],
    ['null', 'null'],
  ],
  BLOB: [
    ["x'00ff10'", '"AP8Q"'],
    ["x''", '""'],
    ["'text'", '"dGV4dA=="'],
    ['null', 'null'],
  ],
  WHATEVER: [
    ["'some text'", '"some text"'],
    ['12', '"12"'],
    ['null', 'null'],
  ],
  '': [
    ['12', '"12"'],
    ['1.5', '"1.5"'],
    ["x'00ff'", '"AP8="'],
    [`'a"b'`, '"a\\"b"'],
  ],
};

test('text with NUL leaves whole, and ends no answer, both ways', async () => {
  const made =
    await fixture(`create table t (a TEXT, o, d DATE, at TIMESTAMP, j JSON, n DECIMAL(10, 2), u UUID);
    insert into t values ('a' || char(0) || 'b', 'o' || char(0) || 'p', '2024-02-29' || char(0) || 'x',
      '2024-02-29 01:02:03' || char(0) || 'x', '{"a":1}' || char(0) || 'x', 'n' || char(0) || 'x', 'u' || char(0) || 'x'),
      (char(0), char(0), null, null, '"x' || char(0) || 'y"', null, null)`);
  const table = made.table('t');
  const whole = JSON.stringify([
    { a: 'a\0b', o: 'o\0p', j: '{"a":1}\0x' },
    { a: '\0', o: '\0', j: '"x\0y"' },
  ]);
  expect(await flatText(made, select(table, ['a', 'o', 'j']))).toBe(whole);
  expect(await jsonText(made, select(table, ['a', 'o', 'j']))).toBe(whole);
  const rest = select(table, ['d', 'at', 'n', 'u']);
  expect(JSON.parse(await jsonText(made, rest))[0]).toMatchObject({
    d: '2024-02-29',
    at: '2024-02-29T01:02:03',
  });
  expect(await jsonText(made, rest)).toBe(await flatText(made, rest));
});

describe.each(Object.entries(examples))('%s', (declared, list) => {
  test('leaves the same way as a row and inside of JSON', async () => {
    const rows = list.map(([literal], index) => `(${index + 1}, ${literal})`);
    const made = await fixture(
      `create table t (id int, v ${declared}); insert into t values ${rows.join(', ')};`,
    );
    const chosen = select(made.table('t'), ['v']);
    const expected = `[${list.map(([, json]) => `{"v":${json}}`).join(',')}]`;
    expect(await flatText(made, chosen)).toBe(expected);
    expect(await jsonText(made, chosen)).toBe(expected);
    expect(() => JSON.parse(expected)).not.toThrow();
  });
});

test('random floats are spelled as JavaScript spells them, both ways', async () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const floats = Array.from({ length: 200 }, () => (random() - 0.5) * 10 ** Math.round(random() * 60 - 30));
  const made = await fixture('create table t (v DOUBLE, n DECIMAL(20, 3))');
  for (const value of floats) {
    await say(made.connector, 'insert into t values (?, ?)', [value, value]);
  }
  const chosen = select(made.table('t'), ['v']);
  const expected = `[${floats.map((value) => `{"v":${value}}`)}]`;
  expect(await flatText(made, chosen)).toBe(expected);
  expect(await jsonText(made, chosen)).toBe(expected);
  const decimals = select(made.table('t'), ['n']);
  expect(await jsonText(made, decimals)).toBe(await flatText(made, decimals));
});

test('numbers: number takes the quotes from big numbers, both ways', async () => {
  const made = await fixture(
    `create table t (b BIGINT, n DECIMAL(10, 2)); insert into t values (9007199254740993, 1.5), (null, null)`,
  );
  const table = made.table('t');
  const bare = { ...table, source: { ...table.source, numbers: 'number' as const } };
  const expected = '[{"b":9007199254740993,"n":1.50},{"b":null,"n":null}]';
  expect(await flatText(made, select(bare))).toBe(expected);
  expect(await jsonText(made, select(bare))).toBe(expected);
});

test('a table of 1,000 columns is read both ways', async () => {
  const columns = Array.from({ length: 1000 }, (_, index) => `c${index}`);
  const made = await fixture(
    `create table wide (${columns.map((name) => `${name} INTEGER`)}); insert into wide values (${columns.map((_, index) => index)})`,
  );
  const expected = JSON.stringify([Object.fromEntries(columns.map((name, index) => [name, index]))]);
  expect(await flatText(made, select(made.table('wide')))).toBe(expected);
  expect(await jsonText(made, select(made.table('wide')))).toBe(expected);
});
