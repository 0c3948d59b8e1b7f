import type { EngineAnswer, SharedRun } from '../../execute/index.ts';
import { runOnce } from './run.ts';
import type { RunSlots } from './run-slots.ts';
import { type DueQuery, StatementGroup } from './statement-group.ts';

/** The runs of all live queries: those of one plan share statements where the database can take many sets of variables. */
export class StatementGroups {
  readonly #slots: RunSlots;
  readonly #groups = new WeakMap<SharedRun['sets'], StatementGroup>();

  constructor(slots: RunSlots) {
    this.#slots = slots;
  }

  /** Runs a query as soon as there is a slot; `null`: it has ended. Never rejects. */
  run(query: DueQuery): Promise<EngineAnswer | null> {
    const { live, subscriber } = query.planned;
    if (live.shared === null)
      return this.#slots.run(subscriber.name, async () =>
        query.begin() ? runOnce(query.planned, query.end) : null,
      );
    return this.#groupOf(live.shared).run(query);
  }

  #groupOf({ sets }: SharedRun): StatementGroup {
    let group = this.#groups.get(sets);
    if (group === undefined) {
      group = new StatementGroup(this.#slots);
      this.#groups.set(sets, group);
    }
    return group;
  }
}
