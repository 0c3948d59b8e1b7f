import { CircuitBreaker } from '../../../src/workflow/deliveries/breaker.ts';
import { isOutage, verdictOf } from '../../../src/workflow/deliveries/verdict.ts';

const rules = {
  attempts: 3,
  backOff: { firstMs: 1_000, factor: 2, longestMs: 60_000, jitter: 0 },
  final: [410, 422],
};
const now = Date.parse('2026-01-01T00:00:00Z');
const after = (status: number, retryAfter: string | null = null, attempts = 1) =>
  verdictOf({ status, fault: null, retryAfter }, attempts, rules, now);

test('statuses and faults decide how a delivery goes on', () => {
  for (const status of [200, 201, 204, 299]) expect(after(status)).toEqual({ kind: 'delivered' });
  for (const status of [301, 307, 400, 404, 429, 500, 503])
    expect(after(status)).toEqual({ kind: 'again', afterMs: 1_000 });
  for (const status of [410, 422]) expect(after(status)).toEqual({ kind: 'dead' });
  expect(after(500, null, 2)).toEqual({ kind: 'again', afterMs: 2_000 });
  expect(after(500, null, 3)).toEqual({ kind: 'dead' });
  const fault = (name: 'timeout' | 'refused' | 'invalid') =>
    verdictOf({ status: null, fault: name, retryAfter: null }, 1, rules, now).kind;
  expect([fault('timeout'), fault('refused'), fault('invalid')]).toEqual(['again', 'dead', 'dead']);
});

test.each([
  ['120', 120_000],
  ['0', 1_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thu, 01 Jan 2015 00:00:00 GMT', 1_000],
  ['never', 1_000],
  ['-5', 1_000],
  ['999999999', 24 * 3_600_000],
])('Retry-After: %s is honoured', (text, afterMs) => {
  expect(after(503, text)).toEqual({ kind: 'again', afterMs });
});

test('an endpoint that is down is left alone, then tried by one delivery', () => {
  const [breaker, breakerRules] = [new CircuitBreaker(), { failures: 2, pauseMs: 100 }];
  const down = isOutage({ status: 503, fault: null, retryAfter: null });
  const refuses = isOutage({ status: 400, fault: null, retryAfter: null });
  expect([down, refuses, isOutage({ status: null, fault: 'timeout', retryAfter: null })]).toEqual([
    true,
    false,
    true,
  ]);
  breaker.report(down, breakerRules, 0);
  breaker.report(refuses, breakerRules, 0);
  breaker.report(down, breakerRules, 0);
  expect(breaker.waitMs(breakerRules, 0)).toBe(0);
  breaker.report(down, breakerRules, 0);
  expect(breaker.limit(breakerRules, 40)).toEqual({ atOnce: 1, waitMs: 60 });
  expect(breaker.limit(breakerRules, 120)).toEqual({ atOnce: 1, waitMs: 0 });
  expect(breaker.waitMs(breakerRules, 40)).toBe(60);
  expect(breaker.waitMs(breakerRules, 100)).toBe(0);
  expect(breaker.waitMs(breakerRules, 100)).toBe(100);
  breaker.report(null, breakerRules, 100);
  expect(breaker.waitMs(breakerRules, 100)).toBe(0);
  breaker.report(down, breakerRules, 110);
  expect(breaker.waitMs(breakerRules, 150)).toBe(60);
  expect(breaker.waitMs(breakerRules, 210)).toBe(0);
  breaker.report(false, breakerRules, 210);
  expect([breaker.waitMs(breakerRules, 210), breaker.waitMs(breakerRules, 210)]).toEqual([0, 0]);
  expect(breaker.limit(breakerRules, 210)).toBeNull();
});
