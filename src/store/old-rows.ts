/** Bytes that one transaction removes, so that it ends in time. One row is always removed, whatever its size. */
const mostBytes = 64 * 2 ** 20;

/** Selects the ids of the first rows whose sizes together stay within the limit. `rows`: a query of `id`, `at` (the order) and `bytes`. */
export function firstOldRows(rows: string): string {
  return `select id from (
    select id, sum(bytes) over (order by at, id) - bytes as before from (${rows}) as sized) as summed
  where before < ${mostBytes}`;
}

/** Removes rows part by part, until a part finds none. Resolves with their number. */
export async function removeInParts(part: () => Promise<number>): Promise<number> {
  for (let removed = 0; ; ) {
    const some = await part();
    if (some === 0) return removed;
    removed += some;
  }
}
