import { type ErrorCode, FozError } from '../../../src/core/index.ts';
import type { Delivery } from '../../../src/store/index.ts';
import { startRun } from '../../../src/workflow/deliveries/run-start.ts';

const delivery: Delivery = {
  ...{
    id: 'shipped/evt_1',
    event: 'evt_1',
    endpoint: 'shipped',
    type: 'orders.update',
    source: '/sources/shop',
  },
  ...{ time: '2026-01-31T12:00:00.000Z', payload: '{"id":7}', key: null, state: 'pending', attempts: 0 },
  ...{ addedAt: new Date(), endedAt: null },
};
const started = (code: ErrorCode) =>
  startRun(
    { start: () => Promise.reject(new FozError(code, `It is ${code}.`)) },
    { name: 'shipped', workflow: 'ship', form: 'payload' },
    delivery,
  );

test.each([
  ['validation-failed', 'invalid'],
  ['data-exception', 'invalid'],
  ['limit-exceeded', 'invalid'],
  ['not-found', 'unreachable'],
  ['conflict', 'unreachable'],
  ['timeout', 'unreachable'],
] as const)('a start that fails with %s is an attempt that is %s', async (code, fault) => {
  const { result, attempt } = await started(code);
  expect(result).toEqual({ status: null, fault, retryAfter: null });
  expect(attempt.fault).toBe(`It is ${code}.`);
});

test('a store that does not answer is no attempt', async () => {
  await expect(started('unavailable')).rejects.toThrow('It is unavailable.');
});
