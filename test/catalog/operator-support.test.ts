import { isSupported, operatorSupport } from '../../src/catalog/index.ts';

const support = operatorSupport(['_eq', '_contains'], { _contains: ['json'] });

test.each([
  ['_contains', 'text', false, true],
  ['_contains', 'jsonb', false, false],
  ['_contains', 'int', true, true],
  ['_eq', 'jsonb', false, true],
  ['_like', 'text', false, false],
] as const)(
  'an engine without _contains for JSON: %s on %s (array: %s) is %s',
  (operator, scalar, array, expected) => {
    expect(isSupported(support, operator, { scalar, array })).toBe(expected);
  },
);
