import type { LiveCase } from './case.ts';
import { denied } from './denied.ts';
import { lists } from './lists.ts';
import { nested } from './nested.ts';
import { results } from './results.ts';
import { streams } from './streams.ts';
import { types } from './types.ts';
import { writers } from './writers.ts';

export * from './case.ts';
export { fixture } from './lists.ts';
export { refused } from './refused.ts';
export * from './tables.ts';

/** All live cases. They have rows of their own, so that they can run at the same time. */
export const cases: readonly LiveCase[] = [
  ...[lists, results, nested, writers, types, streams, denied].flat(),
];
