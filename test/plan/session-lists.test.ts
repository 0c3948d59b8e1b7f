import { sessionValue } from '../../src/plan/input/session-value.ts';

const read = (text: string, scalar: 'text' | 'int' = 'text') =>
  sessionValue('hidden', new Map([['hidden', text]]), {
    type: { scalar, array: false },
    shape: 'list',
  });

const lists: readonly (readonly [string, readonly unknown[]])[] = [
  ['["a","b c"]', ['a', 'b c']],
  [' ["a", "b"] ', ['a', 'b']],
  ['{a,b}', ['a', 'b']],
  ['{ a , b c }', ['a', 'b c']],
  ['{"a","b c"}', ['a', 'b c']],
  ['{a, "b,c" , "{d}"}', ['a', 'b,c', '{d}']],
  [String.raw`{"say \"no\"","back\\slash",""}`, ['say "no"', 'back\\slash', '']],
  ['{"null"}', ['null']],
  ['{}', []],
  ['{ }', []],
  ['[]', []],
  ['one', ['one']],
  ['two words', ['two words']],
];
test.each(lists)('the session variable %j is a list of %j', (text, list) => {
  expect(read(text)).toEqual(list);
});

test('numbers in lists', () => {
  expect(read('{1, "2",3}', 'int')).toEqual([1, 2, 3]);
  expect(read('[1,"2"]', 'int')).toEqual([1, 2]);
});

/** Texts that must be refused. Read as a shorter list, they would let `_nin` pass rows that it should exclude. */
const none = [
  ...['', ' ', 'a,b', '{a', 'a}', '{a,}', '{,a}', '{a}{b}', '{a}b', '{"a}', '{"a"b}', '{a"b"}'],
  ...[
    '{NULL}',
    '{null,a}',
    '{{a}}',
    '[null]',
    '["a"',
    '["a"]x',
    '[["a"]]',
    '[{"a":1}]',
    '"a"',
    String.raw`{a\,b}`,
  ],
];
test.each(none)('the session variable %j is no list, and the request is refused', (text) => {
  expect(() => read(text)).toThrow(/x-foz-hidden does not hold a (?:list|value)/);
});
