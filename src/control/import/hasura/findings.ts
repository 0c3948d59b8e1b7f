import type { HasuraTree, Place } from './read-tree.ts';

/** A part that was left out or changed. */
export interface Finding extends Place {
  /** The part: `default.public.orders: event trigger order_created` */
  readonly where: string;
  /** The reason, and the alternative in Foz. */
  readonly reason: string;
}

/** Collects the parts without a counterpart. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #tree: HasuraTree;

  constructor(tree: HasuraTree) {
    this.#tree = tree;
  }

  /** Reports a part that was left out or changed. `of`: the map or list that contains it, `key`: its key there; both give file and line. */
  add(of: object, key: string | number | undefined, where: string, reason: string): void {
    this.list.push({ ...this.#tree.place(of, key), where, reason });
  }

  /** Reports every setting of `of` that is not in `known`, unless it is empty or `false`. `reasons`: specific reasons for some of them. */
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

/** Whether a value means nothing: absent, `false`, or empty. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
