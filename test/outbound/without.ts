import { join } from 'node:path';
import { copyWithout } from '../support/without.ts';

export { removeCopies } from '../support/without.ts';
export type Outbound = typeof import('../../src/outbound/index.ts');
/** Takes a check out of a file of `src/outbound`: `text` is replaced by `instead`. */
export type Edit = readonly [file: string, text: string, instead: string];

/** `src/outbound` with checks taken out. */
export async function without(...edits: readonly Edit[]): Promise<Outbound> {
  const own = copyWithout(
    ['outbound'],
    edits.map(([file, text, instead]) => [`outbound/${file}`, text, instead] as const),
  );
  return (await import(join(own, 'outbound/index.ts'))) as Outbound;
}
