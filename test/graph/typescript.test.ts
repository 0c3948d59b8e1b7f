import { scalars } from '../../src/catalog/index.ts';
import { typescriptOf } from '../../src/graph/index.ts';

const strings = new Set(['string'] as const);

test.each([
  ['bigint', 'string'],
  ['Decimal', 'string'],
  ['smallint', 'number'],
  ['Float8', 'number'],
  ['DateTime', 'string'],
  ['jsonb', 'unknown'],
  ['GeoJSON', 'unknown'],
  ['bytea', 'string'],
  ['Mood', undefined],
])('%s is %s', (name, type) => {
  expect(typescriptOf(name, strings)).toBe(type);
});

test('big numbers are what the sources make of them', () => {
  expect(typescriptOf('bigint', new Set(['number'] as const))).toBe('number');
  expect(typescriptOf('numeric', new Set(['number', 'string'] as const))).toBe('string | number');
});

test('every scalar has a type, the same under both names', () => {
  for (const { name, graphqlDefault } of Object.values(scalars)) {
    expect(typescriptOf(name, strings)).toEqual(expect.any(String));
    expect(typescriptOf(graphqlDefault, strings)).toBe(typescriptOf(name, strings));
  }
});
