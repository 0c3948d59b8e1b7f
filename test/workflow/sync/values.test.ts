import type { Column, Scalar } from '../../../src/catalog/index.ts';
import { FozError } from '../../../src/core/index.ts';
import { keyFrom, keyOf } from '../../../src/workflow/sync/keys.ts';
import type { ResolvedSync } from '../../../src/workflow/sync/resolve.ts';
import { isNoEarlier, valueFor } from '../../../src/workflow/sync/values.ts';

const columnOf = (scalar: Scalar) =>
  ({ name: 'c', nativeType: scalar, type: { scalar, array: false } }) as unknown as Column;

test.each<readonly [Scalar, unknown, unknown]>([
  ['timestamp', '2024-01-01T00:00:00.123456+02:00', '2023-12-31T22:00:00.123456'],
  ['timestamp', '2024-01-01T00:00:00-0530', '2024-01-01T05:30:00'],
  ['timestamp', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00'],
  ['date', '2024-01-01T00:00:00.000000', '2024-01-01'],
  ['float', '9007199254740992', 9007199254740992],
  ['float', '1.10', 1.1],
  ['numeric', '12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ['bigint', '9223372036854775807', '9223372036854775807'],
])('%s of %j', (scalar, value, expected) => {
  expect(valueFor(columnOf(scalar), value)).toBe(expected);
});

test.each<readonly [Scalar, unknown]>([
  ['timestamp', '2024-99-99T00:00:00+01:00'],
  ['timestamp', 'xxxxxxxxxxxx+01'],
  ['timestamp', '2024-01-01T00:00:00.5+99:99'],
  ['date', '2024-01-01T13:14:15'],
  ['float', '9007199254740993'],
  ['float', '0.12345678901234567891'],
  ['float', '0x10'],
  ['float', '1e400'],
  ['int', 'a\0b'],
  ['int', '70000000000'],
  ['smallint', 70_000],
  ['bigint', '9223372036854775808'],
  ['text', 'a\0b'],
  ['text', '\ud800'],
  ['date', '0000-01-01'],
])('%s cannot hold %j, and the message can be stored', (scalar, value) => {
  const read = () => valueFor(columnOf(scalar), value);
  expect(read).toThrow(FozError);
  expect(read).toThrow(/cannot hold "[\x20-\x7e]*"\.$/);
});

test.each<readonly [unknown, unknown, boolean, boolean]>([
  ['12345678901234567890.1', '12345678901234567890.2', false, true],
  ['-0.5', '-0.6', true, false],
  ['0.10', '0.1', true, true],
  ['1e+21', 9, true, false],
  ['2024-99-99 00:00:00', '2024-01-01 00:00:00', true, false],
  ['0000-00-00T00:00:00', '2024-01-01T00:00:00', false, true],
  ['10000-01-01T00:00:00', '2024-01-01T00:00:00', true, false],
  ['294276-12-31T23:59:59', 'infinity', false, true],
  ['-infinity', '0001-01-01T00:00:00', false, true],
  ['2024-01-01T00:00:00+02:00', '2023-12-31T22:00:00Z', true, true],
  ['2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00Z', true, false],
  ['2024-01-01', '2024-01-01T00:00:01', false, true],
  [null, '2024-01-01', false, true],
  [null, null, true, true],
])('of %j and %j, which is no earlier', (left, right, leftIs, rightIs) => {
  expect([isNoEarlier(left, right), isNoEarlier(right, left)]).toEqual([leftIs, rightIs]);
});

const syncOf = (left: Scalar, right: Scalar) =>
  ({ left: { key: [columnOf(left)] }, right: { key: [columnOf(right)] } }) as unknown as ResolvedSync;

// The row "01" would be looked for as 1, found as 1, and so look deleted where "01" is looked for.
test.each<readonly [Scalar, unknown]>([
  ['int', '01'],
  ['int', '-0'],
  ['int', '5.0'],
  ['bigint', '+5'],
  ['uuid', 'AAAAAAAA-1111-1111-1111-111111111111'],
  ['uuid', 'aaaaaaaa111111111111111111111111'],
])('a key of the type %s is not the text %j', (scalar, text) => {
  const sync = syncOf('text', scalar);
  const key = keyOf(sync, [text]);
  expect(key).toEqual({ text: JSON.stringify([text]), left: [text], right: null });
  expect(keyFrom(sync, key.text)).toEqual(key);
});

test('a key of two types that spell it alike', () => {
  const sync = syncOf('text', 'bigint');
  const key = { text: '["9007199254740993"]', left: ['9007199254740993'], right: ['9007199254740993'] };
  expect(keyOf(sync, ['9007199254740993'])).toEqual(key);
  expect(keyOf(sync, ['9007199254740993'])).toEqual(key);
});

test('a key that no database can be asked for', () => {
  expect(keyOf(syncOf('text', 'text'), ['a\0b'])).toMatchObject({ left: null, right: null });
});
