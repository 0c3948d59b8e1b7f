/** The seed of a random test: from the environment, to replay a failure, or a new one. It is printed when the test fails. */
export function seedOf(name: string): number {
  const given = process.env[`SEED_${name.toUpperCase()}`];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

/** A generator of numbers from 0 to below a limit (mulberry32). */
export function randomOf(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
