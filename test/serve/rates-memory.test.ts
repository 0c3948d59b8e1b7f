import type { Session } from '../../src/access/index.ts';
import { roleNamed } from '../../src/core/index.ts';
import { Refusal } from '../../src/serve/body.ts';
import { Rates } from '../../src/serve/rates.ts';

const sessionOf = (role: string): Session => ({ role: roleNamed(role), variables: new Map() });
const rate = { requests: 1, seconds: 60 };

test('windows are kept within bytes, and callers of one role do not push out those of another', () => {
  const rates = new Rates(100_000);
  const [clerk, anonymous] = [sessionOf('clerk'), sessionOf('anonymous')];
  rates.count(clerk, 'ada', rate);
  for (let at = 0; at < 5_000; at++) {
    rates.count(anonymous, `address ${at}`, rate);
    expect(rates.cache.bytes).toBeLessThanOrEqual(100_000);
  }
  expect(rates.cache.evictions).toBeGreaterThan(4_000);
  expect(() => rates.count(clerk, 'ada', rate)).toThrow(Refusal);
  // The counts of the latest callers are kept; those of the earliest were evicted and start again.
  expect(() => rates.count(anonymous, 'address 4999', rate)).toThrow(Refusal);
  expect(rates.count(anonymous, 'address 0', rate)).toMatchObject({ ratelimit: '"role";r=0;t=60' });
});

test('a caller with a very long name is counted', () => {
  const rates = new Rates(100_000);
  const name = 'n'.repeat(1_000_000);
  rates.count(sessionOf('clerk'), `${name}a`, rate);
  expect(() => rates.count(sessionOf('clerk'), `${name}a`, rate)).toThrow(Refusal);
  rates.count(sessionOf('clerk'), `${name}b`, rate);
});

test('a role and a caller whose names together read the same are counted apart', () => {
  const rates = new Rates();
  rates.count(sessionOf('a b'), 'c', rate);
  rates.count(sessionOf('a'), 'b c', rate);
  expect(() => rates.count(sessionOf('a'), 'b c', rate)).toThrow(Refusal);
});

test('a window may be longer than a timer of Node', () => {
  const rates = new Rates();
  const month = { requests: 1, seconds: 31 * 86_400 };
  rates.count(sessionOf('clerk'), 'ada', month);
  expect(() => rates.count(sessionOf('clerk'), 'ada', month)).toThrow(Refusal);
});

test('turns of a caller come as many per second as it may have, after those of one second at once', () => {
  const rates = new Rates();
  const waits = Array.from({ length: 12 }, () => rates.turn(sessionOf('clerk'), 'ada', 4));
  expect(waits.slice(0, 4)).toEqual([0, 0, 0, 0]);
  for (const [index, wait] of waits.slice(4).entries()) {
    expect(wait).toBeLessThanOrEqual(250 * (index + 1));
    expect(wait).toBeGreaterThan(250 * index);
  }
  expect(rates.turn(sessionOf('clerk'), 'bob', 4)).toBe(0);
  expect(rates.turn(sessionOf('other'), 'ada', 4)).toBe(0);
});
