import { Evaluator } from '../../src/workflow/expressions/evaluator.ts';

test('an expression whose answer waits while the main thread stands still does not fail', async () => {
  const evaluator = new Evaluator(200);
  expect(await evaluator.evaluate(['1 + 1'], {})).toEqual([2]);
  const answers = Promise.all([1, 2, 3].map((n) => evaluator.evaluate([`${n} + 1`], {})));
  await new Promise((resolve) => setImmediate(resolve));
  for (const until = performance.now() + 600; performance.now() < until; );
  expect(await answers).toEqual([[2], [3], [4]]);
  // The limit still holds.
  const endless = evaluator.evaluate(['($f := function($x) { $f($x + 1) }; $f(0))'], {});
  await expect(endless).rejects.toMatchObject({ code: 'timeout' });
  await evaluator.close();
});
