import { allowedValues } from '../../../src/databases/postgres/checks.ts';

test.each([
  [`(status = ANY (ARRAY['a'::text, 'b'::text]))`, ['a', 'b']],
  [
    `((status)::text = ANY ((ARRAY['a'::character varying, 'b c'::character varying])::text[]))`,
    ['a', 'b c'],
  ],
  [`((size)::bpchar = ANY (ARRAY['S'::bpchar, 'M'::character(3)]))`, ['S', 'M']],
  [`((kind)::text = 'a'::text)`, ['a']],
  [`(((kind)::text = 'a'::text) OR ((kind)::text = 'b'::text))`, ['a', 'b']],
  [`("odd ""name" = ANY (ARRAY['it''s'::text, ''::text]))`, ["it's", '']],
  [`(s = ANY (ARRAY[E'back\\\\slash'::text]))`, ['back\\slash']],
  [`(VALUE = ANY (ARRAY['x'::"my schema"."my type"(3)]))`, ['x']],
  [`(s = ANY (ARRAY['a'::text, 'a'::text]))`, ['a']],
])('%s is a closed list', (expression, expected) => {
  expect(allowedValues(expression)).toEqual(expected);
});

test.each([
  `(n = ANY (ARRAY[1, 2]))`,
  `(lower(status) = ANY (ARRAY['a'::text]))`,
  `(status <> ALL (ARRAY['a'::text]))`,
  `(status <> 'a'::text)`,
  `(status >= 'a'::text)`,
  `(status ~ 'a'::text)`,
  `((status = 'a'::text) AND (length(status) > 1))`,
  `((status = 'a'::text) OR (length(status) > 1))`,
  `(NOT (status = 'a'::text))`,
  `(status = ANY (ARRAY['a'::text, NULL::text]))`,
  `((status || 'x'::text) = 'ax'::text)`,
  `((status = 'a'::text) IS TRUE)`,
  `(status IS NOT NULL)`,
  `(status = ANY (ARRAY[]::text[]))`,
  ``,
])('%s is none', (expression) => {
  expect(allowedValues(expression)).toBeNull();
});
