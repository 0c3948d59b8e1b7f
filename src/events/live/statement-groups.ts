import type { EngineAnswer, SharedRun } from '../../execute/index.ts';
import { runOnce } from './run.ts';
import type { RunSlots } from './run-slots.ts';
import { type DueQuery, StatementGroup } from './statement-group.ts';
import { StatementSize } from './statement-size.ts';

/** The queries of one plan. */
interface PlanGroups {
  /** Queries that have had an answer. */
  readonly known: WeakSet<DueQuery>;
  readonly ofKnown: StatementGroup;
  /** Of queries that have none yet: one with a value that the database refuses makes the statement of others fail. */
  readonly ofNew: StatementGroup;
}

/** The runs of all live queries: those of one plan share statements where the database can take many sets of variables. */
export class StatementGroups {
  readonly #slots: RunSlots;
  readonly #plans = new WeakMap<SharedRun['sets'], PlanGroups>();

  constructor(slots: RunSlots) {
    this.#slots = slots;
  }

  /** Runs a query as soon as there is a slot; `null`: it has ended. Never rejects. */
  async run(query: DueQuery): Promise<EngineAnswer | null> {
    const { live, subscriber } = query.planned;
    if (live.shared === null)
      return this.#slots.run(subscriber.name, async () =>
        query.begin() ? runOnce(query.planned, query.end) : null,
      );
    const { known, ofKnown, ofNew } = this.#groupsOf(live.shared);
    const answer = await (known.has(query) ? ofKnown : ofNew).run(query);
    if (answer?.errors.length === 0) known.add(query);
    return answer;
  }

  #groupsOf({ sets }: SharedRun): PlanGroups {
    let groups = this.#plans.get(sets);
    if (groups === undefined) {
      const size = new StatementSize();
      groups = {
        known: new WeakSet(),
        ofKnown: new StatementGroup(this.#slots, size),
        ofNew: new StatementGroup(this.#slots, size),
      };
      this.#plans.set(sets, groups);
    }
    return groups;
  }
}
