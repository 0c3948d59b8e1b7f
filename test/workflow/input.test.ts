import { checkInput, inputFaults, schemaFault } from '../../src/workflow/runs/input.ts';

test('faults of an input, each with its place; several patterns do not meet, and none takes long', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'integer' },
      to: { type: 'string', pattern: '^(a+)+$' },
      from: { type: 'string', pattern: '^b' },
    },
    additionalProperties: false,
  };
  expect(schemaFault(schema)).toBeNull();
  expect(inputFaults(schema, { id: 1, to: 'aaa', from: 'b' })).toEqual([]);
  const started = performance.now();
  const found = inputFaults(schema, { to: `${'a'.repeat(40_000)}!`, from: 'c', fro: 1 });
  expect(found.map(({ place, message }) => `${place} ${message}`)).toEqual([
    " must have required property 'id'",
    ' has the unknown property "fro" (did you mean "from"?)',
    '/to must match pattern "^(a+)+$"',
    '/from must match pattern "^b"',
  ]);
  expect(performance.now() - started).toBeLessThan(10_000);
  // Of a long value only the first fault is looked for.
  const list = { type: 'array', items: { type: 'string' } };
  expect(inputFaults(list, Array(100_000).fill(1))).toHaveLength(1);
  expect(() => checkInput(schema, null)).toThrow(/it must be object/);
  expect(schemaFault({ type: 'objekt' })).toEqual(expect.any(String));
  expect(schemaFault({ pattern: '(?=a)' })).toEqual(expect.any(String));
});
