import { GraphQLError, type GraphQLScalarType, parseValue } from 'graphql';
import { type Scalar, scalars } from '../../src/catalog/index.ts';
import { jsonText } from '../../src/core/index.ts';
import { checkText, textProblem } from '../../src/graph/index.ts';
import { scalarType } from '../../src/graph/scalars/types.ts';

const typeOf = (scalar: Scalar): GraphQLScalarType => scalarType('hasura-default', scalar);
const read = (scalar: Scalar, value: unknown): unknown => typeOf(scalar).parseValue(value);
const literal = (scalar: Scalar, text: string, variables?: Record<string, unknown>): unknown =>
  typeOf(scalar).parseLiteral(parseValue(text), variables);

/** The message of the refusal. The test fails if the value is accepted. */
function refusal(run: () => unknown): string {
  let value: unknown;
  try {
    value = run();
  } catch (error) {
    expect(error).toBeInstanceOf(GraphQLError);
    return (error as GraphQLError).message;
  }
  throw new Error(`taken as ${JSON.stringify(value)}`);
}

describe('values become canonical', () => {
  test.each<[Scalar, unknown, unknown]>([
    ['smallint', -32768, -32768],
    ['smallint', -0, 0],
    ['bigint', 42, '42'],
    ['bigint', -0, '0'],
    ['bigint', '-0', '0'],
    ['bigint', '+007', '7'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['bigint', '-9223372036854775808', '-9223372036854775808'],
    ['numeric', '001.50', '1.50'],
    ['numeric', '.5', '0.5'],
    ['numeric', '5.', '5'],
    ['numeric', '-0.00', '0.00'],
    ['numeric', '1.5e3', '1500'],
    ['numeric', '-12.345E-4', '-0.0012345'],
    ['numeric', '12.345e2', '1234.5'],
    ['numeric', 1e21, '1000000000000000000000'],
    ['numeric', 1e-7, '0.0000001'],
    ['numeric', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['real', 3.4028234663852886e38, 3.4028234663852886e38],
    ['float', -1.5e300, -1.5e300],
    ['uuid', '6F1E5A8C-0b7d-4c3a-9e52-1d2f3a4b5c6d', '6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d'],
    ['uuid', '6F1E5A8C0b7d4c3a9e521d2f3a4b5c6d', '6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d'],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2000-02-29', '2000-02-29'],
    ['date', '0001-01-01', '0001-01-01'],
    ['date', '0001-02-29 BC', '0001-02-29 BC'],
    ['date', '012024-01-01', '12024-01-01'],
    ['date', '-infinity', '-infinity'],
    ['numeric', '-Infinity', '-Infinity'],
    ['numeric', 'NaN', 'NaN'],
    ['float', 'NaN', Number.NaN],
    ['real', '-Infinity', Number.NEGATIVE_INFINITY],
    ['time', '24:00', '24:00:00'],
    ['time', '-838:59:59', '-838:59:59'],
    ['time', '-00:00:00', '00:00:00'],
    ['timetz', '24:00:00+15:59:30', '24:00:00+15:59:30'],
    ['timestamp', '0044-03-15T01:02:03 BC', '0044-03-15T01:02:03 BC'],
    ['timestamptz', '0001-01-01T00:00:00+01:00', '0001-12-31T23:00:00+00:00 BC'],
    ['timestamptz', '0001-12-31T23:30:00.5-01:00 BC', '0001-01-01T00:30:00.5+00:00'],
    ['timestamptz', '99999-12-31T23:30:00-01:00', '100000-01-01T00:30:00+00:00'],
    ['timestamptz', 'infinity', 'infinity'],
    ['time', '23:59', '23:59:00'],
    ['time', '23:59:59.500', '23:59:59.5'],
    ['timetz', '23:59:59+02', '23:59:59+02:00'],
    ['timetz', '23:59:59-0330', '23:59:59-03:30'],
    ['timetz', '23:59:59Z', '23:59:59+00:00'],
    ['timetz', '23:59:59', '23:59:59+00:00'],
    ['timestamp', '2024-02-29T23:59:59.000', '2024-02-29T23:59:59'],
    ['timestamp', '2024-02-29 23:59', '2024-02-29T23:59:00'],
    ['timestamp', '2024-02-29T23:59:59Z', '2024-02-29T23:59:59'],
    ['timestamp', '2024-02-29', '2024-02-29T00:00:00'],
    ['timestamptz', '2024-03-01T00:30:00.250+01:00', '2024-02-29T23:30:00.25+00:00'],
    ['timestamptz', '2024-12-31T23:30:00-01:00', '2025-01-01T00:30:00+00:00'],
    ['timestamptz', '0099-01-01T00:30:00+01:00', '0098-12-31T23:30:00+00:00'],
    ['timestamptz', '2024-02-29T23:59:59.123456789z', '2024-02-29T23:59:59.123456789+00:00'],
    ['timestamptz', '2024-02-29T23:59:59', '2024-02-29T23:59:59+00:00'],
    ['timestamptz', '2024-02-29 23:59:59 -00:00', '2024-02-29T23:59:59+00:00'],
    ['interval', 'P1Y2M3W4DT5H6M7,5S', 'P1Y2M3W4DT5H6M7.5S'],
    ['interval', '-p1dt-2h', 'P-1DT2H'],
    ['bytea', 'SGVsbG8', 'SGVsbG8='],
    ['bytea', '-_-_', '+/+/'],
    ['bytea', '', ''],
    ['jsonb', { a: [1, null, 'ü'] }, { a: [1, null, 'ü'] }],
    ['json', 'text', 'text'],
    ['geometry', { type: 'Point', coordinates: [13.4, 52.5] }, { type: 'Point', coordinates: [13.4, 52.5] }],
    ['text', 'a\0b', 'a\0b'],
  ])('%s %j is %j', (scalar, value, canonical) => {
    expect(read(scalar, value)).toEqual(canonical);
  });

  test.each<[Scalar, string, unknown]>([
    ['bigint', '9007199254740993', '9007199254740993'],
    ['bigint', '"9007199254740993"', '9007199254740993'],
    ['numeric', '0.10000000000000000000001', '0.10000000000000000000001'],
    ['numeric', '1e2', '100'],
    ['smallint', '7', 7],
    ['float', '1', 1],
    ['float', '1.5e3', 1500],
    ['date', '"2024-02-29"', '2024-02-29'],
    [
      'jsonb',
      '{ a: [1, true, null, X, "s", 1.5], __proto__: 1 }',
      JSON.parse('{"a":[1,true,null,"X","s",1.5],"__proto__":1}'),
    ],
    ['geometry', '{ type: "Point", coordinates: [1, 2] }', { type: 'Point', coordinates: [1, 2] }],
  ])('literal %s %s is %j', (scalar, text, canonical) => {
    const value = literal(scalar, text);
    expect(typeof value === 'object' ? JSON.stringify(value) : value).toEqual(
      typeof canonical === 'object' ? JSON.stringify(canonical) : canonical,
    );
  });

  test('numbers in JSON literals keep their digits', () => {
    const text = '[9007199254740993, 12345678901234567890.10, 1e400, 1.5, -0]';
    expect(jsonText(literal('jsonb', text))).toBe('[9007199254740993,12345678901234567890.10,1e400,1.5,0]');
    expect(literal('geometry', '{ type: "Point", coordinates: [13.40000000000000000001, 52.5] }')).toEqual({
      type: 'Point',
      coordinates: [13.4, 52.5],
    });
  });

  test('variables stand within JSON literals; a missing one leaves its key out', () => {
    const text = '{ a: $a, list: [$a, $none], none: $none }';
    expect(JSON.stringify(literal('jsonb', text, { a: { b: 1 } }))).toBe(
      '{"a":{"b":1},"list":[{"b":1},null]}',
    );
    // Validation reads literals before variables have values.
    expect(literal('geometry', '{ type: $type, coordinates: $at }')).toEqual({});
    expect(
      refusal(() => literal('geometry', '{ type: $type, coordinates: [1, 2] }', { type: 'Dot' })),
    ).toContain('its type is none of');
  });
});

describe('refusals say what is wrong and what to send', () => {
  test.each<[Scalar, unknown, string]>([
    [
      'smallint',
      32768,
      'smallint cannot be 32768: it does not fit into 16 bits. Send a whole number from -32768 to 32767.',
    ],
    [
      'smallint',
      '1',
      'smallint cannot be "1": it is not a number. Send a whole number from -32768 to 32767.',
    ],
    [
      'smallint',
      1.5,
      'smallint cannot be 1.5: it is not a whole number. Send a whole number from -32768 to 32767.',
    ],
    [
      'bigint',
      '9223372036854775808',
      'bigint cannot be "9223372036854775808": it does not fit into 64 bits. Send a number from -9223372036854775808 to 9223372036854775807.',
    ],
    [
      'bigint',
      '1'.repeat(50),
      `bigint cannot be "${'1'.repeat(39)}...: it does not fit into 64 bits. Send a number from -9223372036854775808 to 9223372036854775807.`,
    ],
    [
      'bigint',
      '1e3',
      'bigint cannot be "1e3": it is not a whole number. Send whole digits, such as "9007199254740993".',
    ],
    [
      'bigint',
      '',
      'bigint cannot be "": it is not a whole number. Send whole digits, such as "9007199254740993".',
    ],
    [
      'bigint',
      1.5,
      'bigint cannot be 1.5: it is not a whole number. Send whole digits, such as "9007199254740993".',
    ],
    [
      'bigint',
      2 ** 53,
      'bigint cannot be 9007199254740992: a JSON number of this size may have lost digits. Send it as a string.',
    ],
    [
      'bigint',
      true,
      'bigint cannot be true: it is neither text nor a number. Send whole digits, such as "9007199254740993".',
    ],
    [
      'numeric',
      'nan',
      'numeric cannot be "nan": it is not a number. Send a decimal number, such as "12.50".',
    ],
    ['numeric', '.', 'numeric cannot be ".": it is not a number. Send a decimal number, such as "12.50".'],
    [
      'numeric',
      '1e1000000',
      'numeric cannot be "1e1000000": it has too many digits. Send at most 131072 digits before and 16383 after the point.',
    ],
    [
      'numeric',
      '1e-1000000',
      'numeric cannot be "1e-1000000": it has too many digits. Send at most 131072 digits before and 16383 after the point.',
    ],
    [
      'numeric',
      [1],
      'numeric cannot be a list: it is neither text nor a number. Send a decimal number, such as "12.50".',
    ],
    [
      'real',
      3.5e38,
      'real cannot be 3.5e+38: it does not fit into 32 bits. Send a number between -3.4028235e38 and 3.4028235e38.',
    ],
    ['float', '1', 'float8 cannot be "1": it is not a number. Send a number, such as 0.5.'],
    [
      'uuid',
      'abc',
      'uuid cannot be "abc": it is not a UUID. Send 32 hexadecimal digits, such as "6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d".',
    ],
    [
      'uuid',
      '6f1e5a8c0b7d-4c3a-9e52-1d2f3a4b5c6d',
      'uuid cannot be "6f1e5a8c0b7d-4c3a-9e52-1d2f3a4b5c6d": it is not a UUID. Send 32 hexadecimal digits, such as "6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d".',
    ],
    [
      'date',
      '2023-02-29',
      'date cannot be "2023-02-29": there is no such day. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'date',
      '1900-02-29',
      'date cannot be "1900-02-29": there is no such day. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'date',
      '0000-01-01',
      'date cannot be "0000-01-01": there is no such day. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'date',
      '2024-1-1',
      'date cannot be "2024-1-1": it is not a date. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'date',
      '2024-02-29T00:00:00Z',
      'date cannot be "2024-02-29T00:00:00Z": it is not a date. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'date',
      20240229,
      'date cannot be 20240229: it is not text. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'time',
      '839:00',
      'time cannot be "839:00": there is no such time of day. Send a time of day, such as "23:59:59".',
    ],
    [
      'time',
      '23:59:59Z',
      'time cannot be "23:59:59Z": it is not a time of day without offset. Send a time of day, such as "23:59:59".',
    ],
    [
      'timetz',
      '23:59+16',
      'timetz cannot be "23:59+16": there is no such offset. Send a time of day with its offset, such as "23:59:59+02:00".',
    ],
    [
      'timestamp',
      '2024-02-29T23:59:59+02:00',
      'timestamp cannot be "2024-02-29T23:59:59+02:00": the column keeps no offset, so this one would be lost. Send a date and time without offset, such as "2024-02-29T23:59:59".',
    ],
    [
      'timestamp',
      '2024-02-30T00:00:00',
      'timestamp cannot be "2024-02-30T00:00:00": there is no such day. Send a date and time without offset, such as "2024-02-29T23:59:59".',
    ],
    [
      'timestamptz',
      '2024-02-29T23:59:60Z',
      'timestamptz cannot be "2024-02-29T23:59:60Z": there is no such time of day. Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00".',
    ],
    [
      'timestamptz',
      '2024-02-29T23:59:59 CET',
      'timestamptz cannot be "2024-02-29T23:59:59 CET": its end is not an offset. Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00".',
    ],
    [
      'timestamptz',
      '2024-02-29T24:00:00Z',
      'timestamptz cannot be "2024-02-29T24:00:00Z": there is no such time of day. Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00".',
    ],
    [
      'timetz',
      '24:00:01',
      'timetz cannot be "24:00:01": there is no such time of day. Send a time of day with its offset, such as "23:59:59+02:00".',
    ],
    [
      'date',
      '0002-02-29 BC',
      'date cannot be "0002-02-29 BC": there is no such day. Send a calendar date, such as "2024-02-29".',
    ],
    [
      'timestamp',
      'Infinity',
      'timestamp cannot be "Infinity": it is not a date. Send a date and time without offset, such as "2024-02-29T23:59:59".',
    ],
    [
      'timestamptz',
      '2024-02-29x',
      'timestamptz cannot be "2024-02-29x": it is not a date and time. Send a date and time with its offset, such as "2024-02-29T23:59:59+02:00".',
    ],
    [
      'interval',
      'P',
      'interval cannot be "P": it is not a duration. Send an ISO 8601 duration, such as "P1DT2H30M".',
    ],
    [
      'interval',
      'P1DT',
      'interval cannot be "P1DT": it is not a duration. Send an ISO 8601 duration, such as "P1DT2H30M".',
    ],
    [
      'interval',
      '1 day',
      'interval cannot be "1 day": it is not a duration. Send an ISO 8601 duration, such as "P1DT2H30M".',
    ],
    [
      'interval',
      'P1.5D',
      'interval cannot be "P1.5D": it is not a duration. Send an ISO 8601 duration, such as "P1DT2H30M".',
    ],
    [
      'bytea',
      '\\x48',
      'bytea cannot be "\\\\x48": it has characters that base64 does not have. Send base64, such as "SGVsbG8=".',
    ],
    [
      'bytea',
      'SGVsb',
      'bytea cannot be "SGVsb": it ends in the middle of a byte. Send base64, such as "SGVsbG8=".',
    ],
    [
      'bytea',
      'SGVsbG8==',
      'bytea cannot be "SGVsbG8==": it ends in the middle of a byte. Send base64, such as "SGVsbG8=".',
    ],
    [
      'jsonb',
      { lines: [{ name: 'a\0' }] },
      'jsonb cannot hold the text at $.lines[0].name: it has the character NUL (U+0000) at position 1, which databases cannot store. Remove it.',
    ],
    [
      'jsonb',
      { '\ud83d': 1 },
      'jsonb cannot hold the text at $: it has half of a surrogate pair at position 0, so it is not Unicode. Send the whole character.',
    ],
    [
      'geometry',
      { type: 'Dot' },
      'geometry cannot be an object: its type is none of Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon, GeometryCollection. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
    [
      'geometry',
      { type: 'Point', coordinates: [1, '2'] },
      'geometry cannot be an object: its coordinates are not those of a Point. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
    [
      'geometry',
      { type: 'LineString', coordinates: [[1, 2]] },
      'geometry cannot be an object: a line needs two positions. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
    [
      'geometry',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ],
        ],
      },
      'geometry cannot be an object: a ring must end where it starts. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
    [
      'geometry',
      'POINT(1 2)',
      'geometry cannot be "POINT(1 2)": it is not a GeoJSON object. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
  ])('%s %j', (scalar, value, message) => {
    expect(refusal(() => read(scalar, value))).toBe(message);
  });

  test.each<[Scalar, string, string]>([
    ['date', 'TODAY', 'date cannot be TODAY: it is not text. Send a calendar date, such as "2024-02-29".'],
    [
      'bigint',
      '{ a: 1 }',
      'bigint cannot be {a: 1}: it is neither text nor a number. Send whole digits, such as "9007199254740993".',
    ],
    [
      'uuid',
      '12',
      'uuid cannot be 12: it is not text. Send 32 hexadecimal digits, such as "6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d".',
    ],
    [
      'float',
      '1e999',
      'float8 cannot be Infinity: it does not fit into 64 bits. Send a number between -1.7976931348623157e308 and 1.7976931348623157e308.',
    ],
    [
      'geometry',
      '{ type: "Dot" }',
      'geometry cannot be an object: its type is none of Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon, GeometryCollection. Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }.',
    ],
  ])('literal %s %s, with its place', (scalar, text, message) => {
    let error: unknown;
    try {
      literal(scalar, text);
    } catch (caught) {
      error = caught;
    }
    expect((error as GraphQLError).message).toBe(message);
    expect((error as GraphQLError).nodes).toHaveLength(1);
  });

  test('deep and wide JSON does not exhaust the stack', () => {
    const nest = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
    const deep = nest(500);
    expect(read('jsonb', deep)).toBe(deep);
    for (const depth of [501, 5000, 100_000])
      expect(() => read('jsonb', nest(depth))).toThrow('A value is nested more than 500 levels deep');
    let nested: unknown = { type: 'Point', coordinates: [0, 0] };
    for (let depth = 0; depth < 5000; depth++) nested = { type: 'GeometryCollection', geometries: [nested] };
    expect(refusal(() => read('geometry', nested))).toContain('its collections are nested too deeply');
  });
});

test('names follow the convention, also in refusals, and types are shared', () => {
  const names = (Object.keys(scalars) as Scalar[]).map(
    (scalar) => scalarType('graphql-default', scalar).name,
  );
  expect(new Set(names)).toEqual(
    new Set([
      'Boolean',
      'SmallInt',
      'Int',
      'BigInt',
      'Decimal',
      'Real',
      'Float8',
      'String',
      'UUID',
      'Date',
      'Time',
      'TimeTZ',
      'LocalDateTime',
      'DateTime',
      'Interval',
      'JSON',
      'Bytes',
      'GeoJSON',
    ]),
  );
  expect(refusal(() => scalarType('graphql-default', 'numeric').parseValue('x'))).toMatch(
    /^Decimal cannot be "x"/,
  );
  expect(scalarType('graphql-default', 'json')).toBe(scalarType('graphql-default', 'jsonb'));
});

test('text that no database stores', () => {
  expect(checkText('a 😀 b')).toBe('a 😀 b');
  expect(textProblem('')).toBeNull();
  expect(refusal(() => checkText('ab\0'))).toBe(
    'String cannot hold this text: it has the character NUL (U+0000) at position 2, which databases cannot store. Remove it.',
  );
  expect(refusal(() => checkText('a\ude00'))).toBe(
    'String cannot hold this text: it has half of a surrogate pair at position 1, so it is not Unicode. Send the whole character.',
  );
});
