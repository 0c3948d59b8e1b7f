import { isStated, type WorkflowDefinition } from '../../src/workflow/index.ts';

const definition = {
  name: 'w',
  steps: [
    { id: 'sold', kind: 'fail', message: '{% steps.a.text %}', code: 'sold-out' },
    { id: 'late', kind: 'fail', message: 'Too late.', code: 'timeout' },
    { id: 'given', kind: 'fail', message: 'No.', code: '{% input.code %}' },
    { id: 'a', kind: 'transform', value: 1 },
  ],
} as unknown as WorkflowDefinition;

test.each([
  ['sold', 'sold-out', true],
  ['each/3/sold', 'sold-out', true],
  ['late', 'timeout', true],
  ['given', 'anything', true],
  // The expression of the message has failed: the error quotes it, and values.
  ['sold', 'data-exception', false],
  ['given', 'limit-exceeded', false],
  ['a', 'sold-out', false],
  ['unknown', 'sold-out', false],
])('the error of the step %s with the code %s', (step, code, is) => {
  expect(isStated(definition, { step, code, message: 'It failed.' })).toBe(is);
});
