import { HeldBytes } from '../../src/core/index.ts';

/** Records the bytes that are counted for all requests. */
function among() {
  let bytes = 0;
  return {
    grow: (now: number) => {
      bytes = Math.max(bytes, now);
      return null;
    },
    set: (now: number) => {
      bytes = now;
    },
    get bytes() {
      return bytes;
    },
  };
}

test('what an attempt held is given back before it is repeated', () => {
  const all = among();
  const held = new HeldBytes(300_000, all);
  held.take(50_000);
  const before = held.own;
  for (let attempt = 0; attempt < 6; attempt++) {
    expect(held.take(200_000)).toBeNull();
    expect(all.bytes).toBe(250_000);
    held.returnTo(before);
    expect([held.bytes, all.bytes]).toEqual([50_000, 50_000]);
  }
  expect(held.take(250_001)).toMatchObject({ code: 'limit-exceeded' });
});

test('parts of a request share its limit, and each releases only its own bytes', () => {
  const all = among();
  const whole = new HeldBytes(1_000_000, all);
  const [one, other] = [whole.part(), whole.part()];
  one.take(300_000);
  other.take(400_000);
  expect([one.own, other.own, one.bytes, other.limit]).toEqual([300_000, 400_000, 700_000, 1_000_000]);
  one.returnTo(0);
  expect([one.own, other.own, whole.bytes, all.bytes]).toEqual([0, 400_000, 400_000, 400_000]);
  expect(one.take(600_000)).toBeNull();
  expect(other.take(1)).toMatchObject({ code: 'limit-exceeded' });
});
