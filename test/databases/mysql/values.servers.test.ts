import { describeEngines } from '../../support/engines.ts';
import { both, Fixture } from './support.ts';

const tables = `
  create table v (
    id int primary key, bool boolean, bit1 bit(1), bits bit(8), tiny tinyint, utiny tinyint unsigned, small smallint,
    usmall smallint unsigned, medium mediumint, i int, ui int unsigned, big bigint, ubig bigint unsigned,
    filled bigint unsigned zerofill, filled_int int(6) zerofill, dec_ decimal(12, 2), wide decimal(65, 30), f float, d double, y year,
    c char(5), vc varchar(40), latin varchar(40) character set latin1, t longtext, e enum('b', 'a', 'it''s', 'x,y', 'back\\\\slash'),
    s set('one', 'two'), dt date, tm time(6), tm0 time, ts datetime(6), ts0 datetime, tz timestamp(6) null, tz0 timestamp null,
    j json, bin binary(4), vb varbinary(40), bl longblob, g geometry
  );
  create table big_text (id int primary key, t longtext, b longblob, j json)`;

/** Values to write, by column, each with the text that is read back; default: the same text. */
const values: Readonly<Record<string, readonly (readonly [given: unknown, text?: string])[]>> = {
  bool: [
    [true, 'true'],
    [false, 'false'],
  ],
  bit1: [
    [true, 'true'],
    [false, 'false'],
  ],
  bits: [['00000101'], ['11111111'], ['00000000']],
  tiny: [[-128], [127]],
  utiny: [[0], [255]],
  small: [[-32768], [32767]],
  usmall: [[65535]],
  medium: [[-8388608], [8388607]],
  i: [[-2147483648], [2147483647], [0]],
  ui: [['4294967295']],
  big: [['-9223372036854775808'], ['9223372036854775807'], ['9007199254740993'], ['0']],
  ubig: [['18446744073709551615'], ['9223372036854775808']],
  filled: [['42'], ['0'], ['18446744073709551615']],
  filled_int: [['42'], ['0'], ['1234567']],
  dec_: [['12.50'], ['-9999999999.99'], ['0.00'], ['-0.01'], ['3', '3.00']],
  wide: [
    ['12345678901234567890123456789012345.123456789012345678901234567890'],
    ['-0.000000000000000000000000000001'],
  ],
  f: [
    [0.1],
    [-1.5],
    [3.4028235e38, '3.4028235e+38'],
    [1.1754944e-38],
    [16777216],
    [123456.79],
    [1e-45],
    [0.3],
    [0.30000004],
  ],
  d: [
    [0.1],
    [0.30000000000000004],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [5e-324],
    [9.999999999999998],
    [1e21, '1e+21'],
    [123456789.12345679],
    [-2.5e-7],
  ],
  y: [[1901], [2155], [2024]],
  c: [['ab'], ['abcde'], ['']],
  vc: [
    ["it's"],
    ['back\\slash'],
    ['"double" `tick`'],
    ['%_|'],
    ['emoji 😀 and 你好'],
    [' spaces '],
    ['line\nfeed\ttab'],
    ['?'],
    ['$1 ? :x'],
    ["\\'; drop table v; --"],
    [''],
  ],
  latin: [['Größe café'], ['back\\slash']],
  t: [['x'.repeat(70_000)], ["'".repeat(1000)], ['\\'.repeat(1000)]],
  e: [['b'], ['a'], ["it's"], ['x,y'], ['back\\slash']],
  s: [['one,two'], ['two'], ['']],
  dt: [['2024-02-29'], ['0001-01-01'], ['9999-12-31']],
  tm: [['23:59:59.999999'], ['00:00:00'], ['12:30:00.5'], ['10:20:30']],
  tm0: [['23:59:59'], ['10:00:00']],
  ts: [
    ['2024-02-29T23:59:59.5'],
    ['1000-01-01T00:00:00'],
    ['9999-12-31T23:59:59.999999'],
    ['2024-01-01T10:00:00'],
  ],
  ts0: [['2024-02-29T23:59:59'], ['2024-01-01T10:20:00']],
  tz: [
    ['2024-02-29T23:59:59.25+00:00'],
    ['2024-03-01T01:30:00+02:00', '2024-02-29T23:30:00+00:00'],
    ['2023-12-31T20:00:00.5-05:30', '2024-01-01T01:30:00.5+00:00'],
    ['2024-06-01T00:00:00Z', '2024-06-01T00:00:00+00:00'],
  ],
  tz0: [['2038-01-19T03:14:07+00:00'], ['1970-01-01T00:00:01+00:00']],
  bin: [['AQIDBA==']],
  vb: [['AAECAwT/'], [''], ['J1wnOyAtLQ==']],
  bl: [['/////w=='], [Buffer.alloc(70_000, 0xfe).toString('base64')]],
};

const documents = [
  { b: 1, a: [1, 2, { 'x y': null }], "it's": 'back\\slash "quoted" \u0001 \n', '😀': true },
  'text',
  12.5,
  true,
  [],
  {},
  "'; drop table v; --",
];

const refused: readonly (readonly [column: string, value: unknown, code: string])[] = [
  ['utiny', 256, 'data-exception'],
  ['tiny', -129, 'data-exception'],
  ['big', '9223372036854775808', 'data-exception'],
  ['dec_', '10000000000.00', 'data-exception'],
  ['vc', 'x'.repeat(41), 'data-exception'],
  ['latin', '你好', 'data-exception'],
  ['e', 'c', 'data-exception'],
  ['dt', '0000-00-00', 'data-exception'],
  ['dt', '2023-02-29', 'data-exception'],
  ['ts', '2024-13-01T00:00:00', 'data-exception'],
  ['tz', '2040-01-01T00:00:00+00:00', 'data-exception'],
  ['y', 1900, 'data-exception'],
  ['vc', 'half \ud83d', 'data-exception'],
  ['big', '1 or 1=1', 'data-exception'],
  ['d', 'x', 'data-exception'],
  ['bits', '2', 'data-exception'],
  ['ts', "2024-01-01' or '", 'data-exception'],
];

describeEngines(both, (engine) => {
  let it: Fixture;
  let next = 1;
  beforeAll(async () => {
    it = await Fixture.open(engine, tables);
  });
  afterAll(() => it.close());

  async function through(column: string, value: unknown): Promise<string | null> {
    const id = next++;
    await it.insert('v', { id, [column]: value });
    const [row] = await it.select('v', [column], await it.where('v', 'id', '_eq', id));
    return row![0]!;
  }

  for (const [column, list] of Object.entries(values)) {
    test(`${column} keeps its values`, async () => {
      for (const [given, text] of list) expect(await through(column, given)).toBe(text ?? String(given));
      expect(await through(column, null)).toBeNull();
    });
    test(`${column} is found by its values`, async () => {
      for (const [given] of list) {
        const id = next++;
        await it.insert('v', { id, [column]: given });
        const found = (await it.select('v', ['id'], await it.where('v', column, '_eq', given))).flat();
        expect([given, found]).toEqual([given, expect.arrayContaining([String(id)])]);
        const listed = await it.select(
          'v',
          ['id'],
          await it.where('v', column, '_in', [given, given], 'list'),
        );
        expect(listed.flat()).toEqual(expect.arrayContaining([String(id)]));
        const other = await it.select('v', ['id'], await it.where('v', column, '_is_distinct_from', given));
        expect(other.flat()).not.toContain(String(id));
      }
    });
  }

  test('documents keep their values', async () => {
    for (const document of documents) {
      const text = await through('j', document);
      expect(JSON.parse(text!)).toEqual(document);
    }
    expect(await through('j', null)).toBeNull();
  });

  test('the database keeps the digits of numbers in documents', async () => {
    await it.past.execute(`insert into v (id, j) values (900000, '{"n": 12345678901234567}')`);
    const [row] = await it.select('v', ['j'], await it.where('v', 'id', '_eq', 900000));
    expect(row![0]).toContain('12345678901234567');
  });

  test('geometries are GeoJSON', async () => {
    const point = { type: 'Point', coordinates: [4.9, 52.3] };
    const text = await through('g', point);
    expect(JSON.parse(text!)).toEqual(point);
    const polygon = {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [0, 1],
          [1, 1],
          [0, 0],
        ],
      ],
    };
    expect(JSON.parse((await through('g', polygon))!).coordinates).toEqual(polygon.coordinates);
  });

  test('what does not fit is refused, and nothing is stored', async () => {
    for (const [column, value, code] of refused) {
      const id = next++;
      await expect(it.insert('v', { id, [column]: value })).rejects.toMatchObject({ name: 'FozError', code });
      expect(await it.select('v', ['id'], await it.where('v', 'id', '_eq', id))).toEqual([]);
    }
  });

  test('dates of zeros, stored in laxer times, are given as they are', async () => {
    await it.past.execute(
      `set sql_mode = ''; insert into v (id, dt, ts0, tz0, tm) values (800000, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '-838:59:59')`,
    );
    const where = await it.where('v', 'id', '_eq', 800000);
    expect(await it.select('v', ['dt', 'ts0', 'tz0', 'tm'], where)).toEqual([
      ['0000-00-00', '0000-00-00T00:00:00', '0000-00-00T00:00:00+00:00', '-838:59:59'],
    ]);
  });

  test('large values, up to what the server takes', async () => {
    const large = "ab'\\😀".repeat(150_000);
    const bytes = Buffer.alloc(3_000_000, 7).toString('base64');
    await it.insert('big_text', { id: 1, t: large, b: bytes, j: [large] });
    const [row] = await it.select('big_text', ['t', 'b', 'j']);
    expect(row![0] === large).toBe(true);
    expect(row![1] === bytes).toBe(true);
    expect(JSON.parse(row![2]!)[0] === large).toBe(true);
    await expect(it.insert('big_text', { id: 2, t: 'x'.repeat(70 * 2 ** 20) })).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
    expect(await it.select('big_text', ['id'])).toEqual([['1']]);
  });
});
