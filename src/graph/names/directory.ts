/** A pattern for one name of a stem: a text before and a text after it. */
export interface Ending<Kind> {
  readonly before: string;
  readonly text: string;
  readonly kind: Kind;
}

interface Stem<Owner, Kind> {
  readonly text: string;
  readonly endings: readonly Ending<Kind>[];
  readonly owner: Owner;
  /** The next stem with the same text. */
  readonly next: Stem<Owner, Kind> | undefined;
}

/** Two owners that want the same name. */
export interface Clash<Owner, Kind> {
  readonly name: string;
  readonly one: { readonly owner: Owner; readonly kind: Kind };
  readonly other: { readonly owner: Owner; readonly kind: Kind };
}

/**
 * Finds the owner of a composed name without spelling out all names: a name is a stem with one of few endings. Each
 * table costs one entry, though it has dozens of names. No `before` may be a prefix of another one.
 */
export class Directory<Owner, Kind> {
  readonly #stems = new Map<string, Stem<Owner, Kind>>();
  readonly #lists = new Set<readonly Ending<Kind>[]>();
  readonly #has: (owner: Owner, kind: Kind) => boolean;

  /** `has` returns which of its possible names an owner really has. Its answer may change over time. */
  constructor(has: (owner: Owner, kind: Kind) => boolean) {
    this.#has = has;
  }

  /** Adds an owner. Owners of the same convention should share the list `endings`. */
  add(text: string, endings: readonly Ending<Kind>[], owner: Owner): void {
    this.#stems.set(text, { text, endings, owner, next: this.#stems.get(text) });
    this.#lists.add(endings);
  }

  /** The owner of a name; `undefined`: the name is free. */
  find(name: string): { readonly owner: Owner; readonly kind: Kind } | undefined {
    for (const list of this.#lists) {
      for (const { before, text, kind } of list) {
        if (!name.endsWith(text) || !name.startsWith(before)) continue;
        let stem = this.#stems.get(name.slice(before.length, name.length - text.length));
        for (; stem !== undefined; stem = stem.next) {
          if (stem.endings === list && this.#has(stem.owner, kind)) return { owner: stem.owner, kind };
        }
      }
    }
    return undefined;
  }

  /** Every pair of owners that share a name. */
  clashes(): Clash<Owner, Kind>[] {
    const gaps = this.#gaps();
    const starts = new Set([...gaps].map((gap) => gap.charCodeAt(0)));
    const longest = Math.max(0, ...[...gaps].map((gap) => gap.length));
    const clashes: Clash<Owner, Kind>[] = [];
    for (const stem of this.#stems.values()) {
      const { text } = stem;
      if (stem.next !== undefined) {
        const same = chainOf(stem);
        same.forEach((one, index) => {
          for (const other of same.slice(0, index)) clashes.push(...this.#sharedNames(one, other));
        });
      }
      for (let at = Math.max(1, text.length - longest); at < text.length; at++) {
        if (!starts.has(text.charCodeAt(at)) || !gaps.has(text.slice(at))) continue;
        for (const short of chainOf(this.#stems.get(text.slice(0, at)))) {
          for (const long of chainOf(stem)) clashes.push(...this.#sharedNames(short, long));
        }
      }
    }
    return clashes;
  }

  /** Texts that can stand between two stems that share a name, where one stem begins with the other. */
  #gaps(): Set<string> {
    const texts = new Set([...this.#lists].flatMap((list) => list.map((ending) => ending.text)));
    const gaps = new Set<string>();
    for (const long of texts) {
      for (const short of texts) {
        if (long.length > short.length && long.endsWith(short))
          gaps.add(long.slice(0, long.length - short.length));
      }
    }
    return gaps;
  }

  #sharedNames(short: Stem<Owner, Kind>, long: Stem<Owner, Kind>): Clash<Owner, Kind>[] {
    const gap = long.text.slice(short.text.length);
    return long.endings.flatMap((ending) => {
      const match = short.endings.find(
        ({ before, text }) => before === ending.before && text === gap + ending.text,
      );
      if (match === undefined) return [];
      if (!this.#has(long.owner, ending.kind) || !this.#has(short.owner, match.kind)) return [];
      const name = ending.before + long.text + ending.text;
      const other = { owner: long.owner, kind: ending.kind };
      return [{ name, one: { owner: short.owner, kind: match.kind }, other }];
    });
  }
}

function chainOf<Owner, Kind>(stem: Stem<Owner, Kind> | undefined): Stem<Owner, Kind>[] {
  const chain: Stem<Owner, Kind>[] = [];
  for (let one = stem; one !== undefined; one = one.next) chain.push(one);
  return chain;
}
