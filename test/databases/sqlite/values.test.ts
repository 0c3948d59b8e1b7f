import { examples } from './examples.ts';
import { cleanUp, fixture, flatText, jsonText, say, select } from './support.ts';

afterAll(cleanUp);

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
