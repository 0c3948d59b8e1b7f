/** Numbers from `first` to `last`, both included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** Spells ranges as `1-5,7-7`. */
export function rangesText(ranges: readonly Range[]): string {
  return ranges.map(({ first, last }) => `${first}-${last}`).join(',');
}

/** Parses the text that `rangesText` makes. */
export function parseRanges(text: string): Range[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((range) => {
      const [first = '0', last = first] = range.split('-');
      return { first: BigInt(first), last: BigInt(last) };
    });
}

/** The numbers of `ranges` that are not in `taken`. Both are in order, and their ranges do not overlap. */
export function without(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  const left: Range[] = [];
  let at = 0;
  for (const { first, last } of ranges) {
    let from = first;
    while (at < taken.length && taken[at]!.last < from) at++;
    for (let next = at; from <= last; next++) {
      const hole = taken[next];
      if (hole === undefined || hole.first > last) {
        left.push({ first: from, last });
        break;
      }
      if (hole.first > from) left.push({ first: from, last: hole.first - 1n });
      if (hole.last >= from) from = hole.last + 1n;
    }
  }
  return left;
}

/** The ranges by their numbers. They must not overlap. */
export function sortedRanges(ranges: readonly Range[]): Range[] {
  return [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
}

/** Splits ranges into parts of at most `mostNumbers` numbers, to bound the rows that one statement deletes. */
export function inParts(ranges: readonly Range[], mostNumbers: number): Range[][] {
  const parts: Range[][] = [];
  let room = 0n;
  for (const { first, last } of ranges)
    for (let from = first; from <= last; ) {
      if (room <= 0n) {
        parts.push([]);
        room = BigInt(mostNumbers);
      }
      const end = from + room - 1n < last ? from + room - 1n : last;
      parts.at(-1)!.push({ first: from, last: end });
      room -= end - from + 1n;
      from = end + 1n;
    }
  return parts;
}
