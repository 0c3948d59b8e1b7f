import type { TableRows, Tuple } from '../../execute/index.ts';
import type { AgreedRow, SyncProblem, SyncStore } from '../../store/index.ts';
import { type Decision, decide, type KeyState } from './decide.ts';
import type { SideName } from './definition.ts';
import type { SyncKey } from './keys.ts';
import type { Mapping, SideRow } from './mapping.ts';
import type { ResolvedSync } from './resolve.ts';
import { isNoEarlier, keyText } from './values.ts';

export interface KeyStatesOptions {
  readonly sync: ResolvedSync;
  readonly mapping: Mapping;
  readonly left: TableRows;
  readonly right: TableRows;
  readonly store: Pick<SyncStore, 'agreed' | 'problems'>;
}

/** A key with its rows, as they were read. */
export interface ReadKey extends KeyState {
  readonly key: SyncKey;
  readonly problem: SyncProblem | null;
}

/** Reads keys on both sides, and decides about them. Writes nothing. */
export class KeyStates {
  readonly #options: KeyStatesOptions;

  constructor(options: KeyStatesOptions) {
    this.#options = options;
  }

  /** The rows of keys on both sides, and what is known of them. */
  async read(keys: readonly SyncKey[], signal: AbortSignal): Promise<readonly ReadKey[]> {
    const { store, sync } = this.#options;
    const texts = keys.map(({ text }) => text);
    const { name } = sync.definition;
    const [left, right] = await Promise.all([
      this.#rows('left', keys, signal),
      this.#rows('right', keys, signal),
    ]);
    const [agreed, problems] = await Promise.all([store.agreed(name, texts), store.problems(name, texts)]);
    return keys.map((key) => {
      const rows = { left: left.get(key.text) ?? null, right: right.get(key.text) ?? null };
      const problem = problems.get(key.text) ?? null;
      return {
        ...{ key, problem, ...rows, resolution: problem?.resolution ?? null },
        agreed: settled(agreed.get(key.text) ?? null, rows),
      };
    });
  }

  /** The decision about a key. */
  decide(read: ReadKey): Decision {
    const { sync, mapping } = this.#options;
    return decide(read, {
      isBoth: sync.isBoth,
      conflict: sync.definition.conflict ?? { rule: 'left' },
      mapping,
      isLeftNoEarlier: (left, right) => isNoEarlier(this.#latest('left', left), this.#latest('right', right)),
    });
  }

  #latest(side: SideName, { values }: SideRow): unknown {
    const { columns, latest } = this.#options.sync[side];
    return latest === null ? null : values[columns.indexOf(latest)];
  }

  async #rows(side: SideName, keys: readonly SyncKey[], signal: AbortSignal) {
    const { mapping, sync } = this.#options;
    const wanted = keys.flatMap((key) => (key[side] === null ? [] : [key[side]]));
    const rows = await this.#options[side].byKeys(wanted, signal);
    const width = sync[side].key.length;
    const meant = await mapping.rows(side, rows);
    return new Map(rows.map((row, at) => [keyText(row.slice(0, width)), meant[at]!]));
  }
}

/** A row of a side as JSON, for people. */
export function shownRow(sync: ResolvedSync, side: SideName, values: Tuple): string {
  const { columns } = sync[side];
  return JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, values[at]])));
}

/** The last state in which a key was in step. A write that was about to be made and has been made counts. */
function settled(
  agreed: AgreedRow | null,
  rows: { readonly left: SideRow | null; readonly right: SideRow | null },
): AgreedRow | null {
  if (agreed === null) return null;
  const { pending } = agreed;
  if (pending === null || (rows[pending.side]?.print ?? null) !== pending.print) return agreed;
  return { left: pending.left, right: pending.right, pending };
}
