import type { HasuraTree, Place } from './read-tree.ts';

/** Something that was not taken over, or not as it was. */
export interface Finding extends Place {
  /** What it is: `default.public.orders: event trigger order_created` */
  readonly where: string;
  /** Why, and what to do instead. */
  readonly reason: string;
}

/** Collects what has no counterpart. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #tree: HasuraTree;

  constructor(tree: HasuraTree) {
    this.#tree = tree;
  }

  /** `of` is the map or list that it stands in, `key` its name there. */
  add(of: object, key: string | number | undefined, where: string, reason: string): void {
    this.list.push({ ...this.#tree.place(of, key), where, reason });
  }

  /** Tells every setting of `of` that is not in `known`, unless it is empty or `false`. `reasons` has better words for some. */
  addRest(
    of: Readonly<Record<string, unknown>>,
    known: readonly string[],
    where: string,
    reasons: Readonly<Record<string, string>> = {},
  ): void {
    for (const [key, value] of Object.entries(of)) {
      if (known.includes(key) || isEmpty(value)) continue;
      this.add(
        of,
        key,
        `${where}: ${key}`,
        Object.hasOwn(reasons, key) ? reasons[key]! : 'Foz has no such setting',
      );
    }
  }
}

/** Says nothing: absent, `false`, or without contents. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
