import {
  checkNesting,
  ExactNumber,
  jsonText,
  numberOf,
  parseJson,
  readJson,
  withDoubles,
} from '../../src/core/index.ts';

const exact = (text: string) => (readJson(`[${text}]`).value as unknown[])[0] instanceof ExactNumber;

test.each([
  '0',
  '-0',
  '7',
  '-4711',
  '0.1',
  '1.50',
  '12e3',
  '1.5E-7',
  '9007199254740991',
  '0.30000000000000004',
  '123456789012345.5',
])('%s is a double', (text) => {
  expect([exact(text), Object.is(numberOf(text), JSON.parse(text))]).toEqual([false, true]);
});

test.each([
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '18446744073709551615',
  '99999999999999.9999999999',
  '12345678901234567890.10',
  '0.1234567890123456789',
  '1.00000000000000000001',
  '1e400',
  '-1e400',
  '1e-400',
  '1e300',
  '1e18',
  '123456789012345678901e-3',
])('%s keeps its digits', (text) => {
  const { value, hasExact } = readJson(`{"a": [${text}], "b": {"c": ${text}}}`);
  expect([exact(text), hasExact]).toEqual([true, true]);
  expect(jsonText(value)).toBe(`{"a":[${text}],"b":{"c":${text}}}`);
  expect(withDoubles(value)).toEqual({ a: [Number(text)], b: { c: Number(text) } });
});

// With quadratic time in their length, these would take hours.
test.each([
  ['zeros within a fraction', `0.1${'0'.repeat(1e6)}1`],
  ['a long exponent', `1e-${'9'.repeat(1e6)}`],
])('a number of a million characters is read at once: %s', (_, text) => {
  expect(jsonText(parseJson(`[${text}]`)) === `[${text}]`).toBe(true);
});

test('numbers in texts and names are none', () => {
  const text = '{"9007199254740993":"9007199254740993 ,9007199254740993","a\\\\":"\\\\\\"[9007199254740993"}';
  expect([readJson(text).hasExact, readJson(text).value]).toEqual([false, JSON.parse(text)]);
  const both = '{"a\\"":"[1e400","b":9007199254740993,"c":"\\\\"}';
  expect([jsonText(parseJson(both)), readJson(both).hasExact]).toEqual([both, true]);
});

test('what it reads inherits nothing but from Object, and names of Object are names', () => {
  const text =
    '{"__proto__":{"admin":9007199254740993},"constructor":9007199254740993,"toString":null,"n":1e400}';
  const value = parseJson(text) as Record<string, unknown>;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'toString', 'n']);
  expect([value.admin, jsonText(value)]).toEqual([undefined, text]);
});

test.each(['', '{', '[1,]', '[01]', '[9007199254740993', '{"a":+9007199254740993}', '[9007199254740993.]'])(
  '%s is refused as JSON.parse refuses it',
  (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  },
);

test('values that are nested too deeply are refused, whatever looks at them', () => {
  const deep = (depth: number, inner: string) => '['.repeat(depth) + inner + ']'.repeat(depth);
  const refused = expect.objectContaining({ code: 'limit-exceeded' });
  const thrown = (run: () => unknown) => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  expect(thrown(() => checkNesting(parseJson(deep(500, '1')), '$'))).toBeUndefined();
  expect(thrown(() => checkNesting(parseJson(deep(502, '1')), '$'))).toEqual(refused);
  for (const depth of [502, 5000, 100_000]) {
    expect(thrown(() => parseJson(deep(depth, '9007199254740993')))).toEqual(refused);
    expect(thrown(() => checkNesting(parseJson(deep(depth, '1')), '$'))).toEqual(refused);
  }
  expect(thrown(() => jsonText(parseJson(deep(100_000, '1'))))).toEqual(refused);
});

test('random documents come back as they were, digit by digit', () => {
  const seed = Number(process.env.FOZ_SEED ?? Date.now() % 2 ** 31);
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const digits = (most: number) => Array.from({ length: 1 + random(most) }, () => random(10)).join('');
  const number = () =>
    `${random(2) ? '-' : ''}${digits(24).replace(/^0+(?=\d)/, '')}${random(2) ? `.${digits(24)}` : ''}${random(4) ? '' : `e${random(2) ? '-' : ''}${random(500)}`}`;
  const text = () =>
    JSON.stringify(['"', '\\', ',', ':', '[', number(), 'é', '\n'][random(8)]!.repeat(random(3)));
  const value = (depth: number): string => {
    const kind = random(depth > 3 ? 2 : 4);
    if (kind === 0) return number();
    if (kind === 1) return text();
    const parts = Array.from({ length: random(4) }, () => value(depth + 1));
    return kind === 2
      ? `[${parts.join(',')}]`
      : `{${parts.map((part, at) => `${JSON.stringify(`${at}x"\\`)}:${part}`).join(',')}}`;
  };
  const same = (one: string, other: string) => {
    const plain = (json: string) =>
      json.replaceAll(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (found) => String(numberOf(found)));
    return plain(one) === plain(other);
  };
  for (let run = 0; run < 2000; run++) {
    const json = value(0);
    const context = `FOZ_SEED=${seed}: ${json}`;
    expect(`${same(jsonText(parseJson(json)), json)} ${context}`).toBe(`true ${context}`);
    expect(JSON.stringify(withDoubles(parseJson(json)))).toBe(JSON.stringify(JSON.parse(json)));
  }
});
