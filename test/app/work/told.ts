/** A request of a trigger: the row of its event, and its number there. */
interface Request {
  readonly id: number;
  readonly n: number;
  readonly event: string;
  readonly isAccepted: boolean;
}

/** What a receiver was told of rows whose numbers grow by one with each change, by trigger. */
export class Told {
  readonly #requests = new Map<string, Request[]>();

  add(trigger: string, request: Request): void {
    const known = this.#requests.get(trigger);
    if (known === undefined) this.#requests.set(trigger, [request]);
    else known.push(request);
  }

  count(trigger: string): number {
    return this.#of(trigger).length;
  }

  get total(): number {
    return [...this.#requests.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** The changes that were never accepted. `written`: the last number of each row. */
  missing(trigger: string, written: ReadonlyMap<number, number>): string[] {
    const accepted = new Set(
      this.#of(trigger)
        .filter(({ isAccepted }) => isAccepted)
        .map(({ id, n }) => `${id} ${n}`),
    );
    return [...written].flatMap(([id, last]) =>
      Array.from({ length: last + 1 }, (_, n) => `${id} ${n}`).filter((one) => !accepted.has(one)),
    );
  }

  /** Changes that came under several ids, and ids of several changes. */
  ambiguous(trigger: string): string[] {
    const events = new Map<string, string>();
    const changes = new Map<string, string>();
    const found: string[] = [];
    for (const { id, n, event } of this.#of(trigger)) {
      const change = `${id} ${n}`;
      const [knownEvent, knownChange] = [events.get(change) ?? event, changes.get(event) ?? change];
      if (knownEvent !== event || knownChange !== change) found.push(`${change}: ${event}`);
      events.set(change, knownEvent);
      changes.set(event, knownChange);
    }
    return found;
  }

  /** Requests that came before an earlier change of their row was accepted, or after a later one. */
  disorder(trigger: string): string[] {
    const at = new Map<number, { n: number; isAccepted: boolean }>();
    const found: string[] = [];
    for (const { id, n, isAccepted } of this.#of(trigger)) {
      const last = at.get(id) ?? { n: -1, isAccepted: true };
      const isAgain = n === last.n;
      if (!isAgain && !(n === last.n + 1 && last.isAccepted)) found.push(`${id} ${n} after ${last.n}`);
      at.set(id, { n, isAccepted: isAccepted || (isAgain && last.isAccepted) });
    }
    return found;
  }

  #of(trigger: string): readonly Request[] {
    return this.#requests.get(trigger) ?? [];
  }
}
