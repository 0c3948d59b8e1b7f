import { FozError } from '../../core/index.ts';
import type { RowResult, RowWrite } from '../../execute/index.ts';
import type { Claim, PendingWrite, SyncProblem, SyncRecord, SyncStore } from '../../store/index.ts';
import type { Decision } from './decide.ts';
import type { SideName } from './definition.ts';
import { KeyStates, type KeyStatesOptions, type ReadKey, shownRow } from './key-states.ts';
import { keyFrom, type SyncKey } from './keys.ts';
import type { SideRow } from './mapping.ts';

/** How often a key is looked at again because its row changed meanwhile, or needs a second write. */
const mostPasses = 4;

export interface ReconcilerOptions extends KeyStatesOptions {
  readonly store: SyncStore;
  readonly claim: Claim;
}

interface Planned {
  readonly read: ReadKey;
  readonly decision: Exclude<Decision, { kind: 'nothing' }>;
}

interface PlannedWrite extends Planned {
  readonly to: SideName;
  readonly write: RowWrite;
}

type Counts = { inserted: number; updated: number; deleted: number };

/**
 * Brings keys in step. What is written depends on the rows as they are now and on the last state in which they were in step, never on the order of
 * changes; so a key may be looked at any number of times.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #states: KeyStates;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#states = new KeyStates(options);
  }

  /** Brings keys in step. Rejects with FozError where a database or the store does not answer; what was done until then is recorded. */
  async reconcile(keys: readonly SyncKey[], signal: AbortSignal): Promise<void> {
    let left = [...new Map(keys.map((key) => [key.text, key])).values()];
    for (let pass = 1; left.length > 0; pass++) {
      const again = await this.#pass(left, pass === mostPasses, signal).catch((error: unknown) => {
        const isLarge = error instanceof FozError && error.code === 'limit-exceeded';
        return isLarge && left.length > 1 ? null : Promise.reject(error);
      });
      // Large rows are brought in step in smaller parts.
      if (again === null) {
        const middle = Math.ceil(left.length / 2);
        await this.reconcile(left.slice(0, middle), signal);
        return this.reconcile(left.slice(middle), signal);
      }
      left = left.filter(({ text }) => again.has(text));
    }
  }

  /** Resolves with the keys that are to be looked at again. */
  async #pass(keys: readonly SyncKey[], isLast: boolean, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { store, claim, sync } = this.#options;
    const records: SyncRecord[] = [];
    const writes: PlannedWrite[] = [];
    const again = new Set<string>();
    for (const read of await this.#states.read(keys, signal)) {
      if (read.key.left === null && read.key.right === null) {
        records.push(this.#problem(read, 'refused', 'No side can find a row by this key.'));
        continue;
      }
      const decision = this.#states.decide(read);
      if (decision.kind === 'nothing') {
        if (read.problem !== null) records.push({ key: read.key.text, problem: null });
        continue;
      }
      const planned = this.#planned({ read, decision });
      if ('write' in planned) writes.push(planned);
      else records.push(planned);
      // A merge that writes nothing goes on with the right side.
      if (decision.kind === 'merge' && !('write' in planned) && !planned.problem) again.add(planned.key);
    }
    if (sync.isBoth) await store.intend(claim, sync.definition.name, this.#intentions(writes));
    const counts: Counts = { inserted: 0, updated: 0, deleted: 0 };
    for (const side of ['right', 'left'] as const) {
      const some = writes.filter(({ to }) => to === side);
      const results = await this.#options[side].write(
        some.map(({ write }) => write),
        signal,
      );
      for (const [at, one] of some.entries()) {
        const record = await this.#recordOf(one, results[at]!, isLast, counts);
        if (record === null) again.add(one.read.key.text);
        else records.push(record);
        if (one.decision.kind === 'merge' && results[at]!.kind === 'written') again.add(one.read.key.text);
      }
    }
    await store.record(claim, sync.definition.name, records, counts);
    return isLast ? new Set() : again;
  }

  /** The write for a decision, or what is to be remembered where there is nothing to write. */
  #planned({ read, decision }: Planned): PlannedWrite | SyncRecord {
    const { key, left, right } = read;
    const prints = { left: left?.print ?? null, right: right?.print ?? null };
    if (decision.kind === 'agree')
      return {
        key: key.text,
        agreed: left === null && right === null ? null : prints,
        problem: null,
      };
    if (decision.kind === 'ask') return this.#problem(read, 'conflict', 'The row was changed on both sides.');
    if (decision.kind === 'merge') {
      const values = this.#options.mapping.written('left', right!, decision.fields);
      if (right!.fault !== null) return this.#problem(read, 'refused', right!.fault);
      if (values.size === 0 || this.#options.mapping.isHeld('right', pick(right!, decision.fields), left!))
        return { key: key.text, agreed: { left: read.agreed?.left ?? null, right: prints.right } };
      const write = { kind: 'update', key: key.left!, values, seen: left!.values } as const;
      return { read, decision, to: 'left', write };
    }
    const { to } = decision;
    const from = to === 'left' ? 'right' : 'left';
    const source = read[from];
    const target = read[to];
    if (source === null) return this.#removal(read, decision, target!);
    if (source.fault !== null) return this.#problem(read, 'refused', source.fault);
    const own = key[to];
    if (own === null)
      return this.#problem(
        read,
        'refused',
        `The key columns of the ${to} side cannot hold the key ${key.text}, or spell it in another way.`,
      );
    const values = this.#options.mapping.written(to, source);
    const { mark, key: keyColumns } = this.#options.sync[to];
    if (mark !== null) values.set(mark.column, mark.present);
    if (target !== null) {
      if (values.size === 0) return { key: key.text, agreed: prints, problem: null };
      return { read, decision, to, write: { kind: 'update', key: own, values, seen: target.values } };
    }
    for (const [at, column] of keyColumns.entries()) values.set(column, own[at]);
    return { read, decision, to, write: { kind: 'insert', key: own, values } };
  }

  /** The write on a side whose row is gone on the other one. */
  #removal(read: ReadKey, decision: Planned['decision'] & { kind: 'write' }, target: SideRow) {
    const { to } = decision;
    const { mark } = this.#options.sync[to];
    const { deletes = 'propagate' } = this.#options.sync.definition;
    const own = read.key[to]!;
    const seen = target.values;
    if (deletes === 'ignore')
      return {
        key: read.key.text,
        agreed: { left: read.left?.print ?? null, right: read.right?.print ?? null },
        problem: null,
      };
    if (mark === null) return { read, decision, to, write: { kind: 'delete', key: own, seen } } as const;
    const values = new Map([[mark.column, mark.deleted]]);
    return { read, decision, to, write: { kind: 'update', key: own, values, seen } } as const;
  }

  /** The fingerprints after each write, so that the write is recognized after a crash. */
  #intentions(writes: readonly PlannedWrite[]): ReadonlyMap<string, PendingWrite> {
    const { mapping } = this.#options;
    return new Map(
      writes.map(({ read, decision, to, write }) => {
        const from = to === 'left' ? 'right' : 'left';
        const source = read[from];
        const target = read[to];
        const outgoing =
          source === null
            ? []
            : decision.kind === 'merge'
              ? pick(source, decision.fields).outgoing
              : source.outgoing;
        const print = write.kind === 'delete' ? null : mapping.printOfWritten(to, outgoing, target);
        const prints = { left: read.left?.print ?? null, right: read.right?.print ?? null };
        const after =
          decision.kind === 'merge'
            ? { left: read.agreed?.left ?? null, right: prints.right }
            : { ...prints, [to]: print };
        return [read.key.text, { side: to, print, ...after }];
      }),
    );
  }

  /** The record after a write; `null`: the key is looked at again. */
  async #recordOf(
    { read, decision, to, write }: PlannedWrite,
    result: RowResult,
    isLast: boolean,
    counts: Counts,
  ): Promise<SyncRecord | null> {
    if (result.kind === 'refused') return this.#problem(read, 'refused', result.reason);
    if (result.kind === 'missed')
      return isLast ? this.#problem(read, 'refused', 'The row changes all the time.') : null;
    counts[write.kind === 'insert' ? 'inserted' : write.kind === 'update' ? 'updated' : 'deleted']++;
    const prints = { left: read.left?.print ?? null, right: read.right?.print ?? null };
    if (decision.kind === 'merge')
      return {
        key: read.key.text,
        agreed: { left: read.agreed?.left ?? null, right: prints.right },
        problem: null,
      };
    const [row] = result.row === null ? [null] : await this.#options.mapping.rows(to, [result.row]);
    const agreed = { ...prints, [to]: row?.print ?? null };
    const isGone = agreed.left === null && agreed.right === null;
    return { key: read.key.text, agreed: isGone ? null : agreed, problem: null };
  }

  #problem({ key, left, right }: ReadKey, kind: SyncProblem['kind'], reason: string): SyncRecord {
    return {
      key: key.text,
      problem: { kind, reason, left: this.#shown('left', left), right: this.#shown('right', right) },
    };
  }

  /** A row as JSON, for people. */
  #shown(side: SideName, row: SideRow | null): string | null {
    return row === null ? null : shownRow(this.#options.sync, side, row.values);
  }

  /** The keys that are to be tried again now. */
  async due(most: number): Promise<readonly SyncKey[]> {
    const { store, sync } = this.#options;
    const texts = await store.due(sync.definition.name, most);
    return texts.map((text) => keyFrom(sync, text));
  }
}

function pick(row: SideRow, fields: ReadonlySet<number>): SideRow {
  return { ...row, outgoing: row.outgoing.map((value, at) => (fields.has(at) ? value : undefined)) };
}
