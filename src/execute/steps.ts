import type { Column } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';
import type { Fetch, OutputField, Step } from '../plan/index.ts';
import { type Explained, explainFetch } from './explain.ts';
import { type Running, runStatement } from './fetch.ts';
import { gatherKeys, ownKey, readTuple } from './gather-keys.ts';
import { type ConnectorOf, type PreparedFetch, prepareFetch } from './prepare.ts';
import { type ReadKey, remoteKey } from './remote-keys.ts';

/** A prepared step. Its result becomes `bindings.steps[n]`. */
export interface PreparedStep {
  run(running: Running): Promise<readonly (readonly unknown[])[]>;
  explain(): Explained;
}

/** Compiles a read that other statements of the plan depend on. */
export function prepareStep(connectorOf: ConnectorOf, step: Step): PreparedStep {
  return step.fetch.kind === 'keys'
    ? prepareKeys(connectorOf, step, step.fetch)
    : prepareRanks(connectorOf, step, step.fetch);
}

function readerOf(fetch: PreparedFetch, read: readonly ReadKey[]) {
  const keys = fetch.compiled.shape.out.map((out) => {
    const { index, codec } = out as Extract<OutputField, { kind: 'value' }>;
    return { index, codec };
  });
  return { keys, read };
}

function prepareKeys(
  connectorOf: ConnectorOf,
  step: Step,
  keys: Extract<Fetch, { kind: 'keys' }>,
): PreparedStep {
  const prepared = prepareFetch(connectorOf, step.source, step.fetch);
  const reader = readerOf(prepared, readsOf(connectorOf, step, keys.columns));
  return {
    explain: () => explainFetch(`keys of ${step.fetch.table.name} for ${step.relationship}`, prepared),
    async run(running) {
      const { rows } = await runStatement(running, step.source, prepared.compiled.statement);
      if (rows.length > step.cap) throw tooManyKeys(step);
      return (await gatherKeys(rows, reader)).tuples;
    },
  };
}

/** How the keys of a step are read for the columns that they are compared with. */
function readsOf(connectorOf: ConnectorOf, { into }: Step, own: readonly Column[]): readonly ReadKey[] {
  const compare = into?.compare;
  if (into === undefined || compare === undefined) return own.map(({ type }) => ownKey(type));
  return into.columns.map((column) => remoteKey(column, compare, connectorOf(into.source)));
}

function tooManyKeys(step: Step): FozError {
  // The step belongs to a row filter, which may refer to tables that the role may not see.
  if (step.path === '$')
    return new FozError(
      'limit-exceeded',
      `A rule of this role selects more than ${step.cap} keys in another source: narrow the rule, or raise the setting key_cap.`,
      {
        path: step.path,
        details: { cap: step.cap },
        internal: `keys of ${step.fetch.table.id} for ${step.relationship}`,
      },
    );
  return new FozError(
    'limit-exceeded',
    `The condition on ${step.relationship} selects more than ${step.cap} keys of ${step.fetch.table.id}: filter ${step.fetch.table.name} further, or raise the setting key_cap.`,
    { path: step.path, details: { cap: step.cap } },
  );
}

/** Prepares a step that reads ranks. Ranks are returned by index of the key tuple; the result pairs each tuple with its rank, or NULL. */
function prepareRanks(
  connectorOf: ConnectorOf,
  step: Step,
  ranks: Extract<Fetch, { kind: 'ranks' }>,
): PreparedStep {
  const prepared = prepareFetch(connectorOf, step.source, step.fetch);
  const from = (ranks.keys.source as { readonly step: number }).step;
  const read = readsOf(connectorOf, step, ranks.columns);
  return {
    explain: () => explainFetch(`sort positions for ${step.relationship}`, prepared),
    async run(running) {
      const tuples = running.bindings.steps[from] as readonly (readonly unknown[])[];
      if (tuples.length === 0) return [];
      const known = tuples.map((tuple) => readTuple(tuple.map(String), read));
      const there = known.filter((tuple) => tuple !== null);
      const steps = [...running.bindings.steps];
      steps[from] = there;
      const below: Running = { ...running, bindings: { ...running.bindings, steps } };
      const { rows } = await runStatement(below, step.source, prepared.compiled.statement);
      const byIndex = new Map(rows.map((row) => [Number(row[0]), row[1] === null ? null : Number(row[1])]));
      let position = 0;
      return tuples.map((tuple, index) => [
        ...tuple,
        known[index] === null ? null : (byIndex.get(position++) ?? null),
      ]);
    },
  };
}
