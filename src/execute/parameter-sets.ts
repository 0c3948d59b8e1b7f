import type { SourceName } from '../core/index.ts';
import {
  type Bindings,
  type CombinedRoot,
  type Plan,
  type Root,
  type RunContext,
  type RunResult,
  rootFields,
  type Statement,
  varies,
} from '../plan/index.ts';
import { bindValues, ofSource } from './fetch.ts';
import { type ConnectorOf, prepareFetch } from './prepare.ts';
import { combinedRoots, isRead, sharedTexts } from './roots.ts';

/** A plan as one statement for many sets of parameters. */
interface ParameterSets {
  /**
   * The texts of the root fields of each set; `null`: a value of the set is not valid, which only a run of its own reports. Rejects with
   * FozError where the statement fails, whichever set is the reason.
   */
  run(sets: readonly Bindings[], context: RunContext): Promise<readonly (ReadonlyMap<Root, string> | null)[]>;
}

/** Compiles a plan for many sets of parameters; `null`: it needs several statements, or the engine takes one set at a time. */
export function prepareSets(connectorOf: ConnectorOf, plan: Plan): ParameterSets | null {
  const roots = rootFields(plan.roots);
  const reads = roots.filter(isRead);
  if (plan.steps.length > 0 || roots.some(({ kind }) => kind === 'introspection' || kind === 'service'))
    return null;
  const combined = combinedRoots(reads);
  if (combined === null || !connectorOf(combined.source).capabilities.parameterSets) return null;
  const { source } = combined;
  const { statement } = statementOf(connectorOf, source, combined.roots);
  const gathered = statement.slots.filter(({ gather }) => gather !== undefined);
  const isWhole = statement.slots.every(({ param, gather }) => gather !== undefined || !varies(param.source));
  if (gathered.length === 0 || !isWhole) return null;
  return {
    async run(sets, context) {
      const bound = sets.map((bindings) => valid(statement, bindings));
      const good = bound.filter((values) => values !== null);
      if (good.length === 0) return sets.map(() => null);
      const { rows } = await connectorOf(source)
        .run(statement, gatheredValues(statement, good), context)
        .catch((error: unknown) => {
          throw ofSource(error, source);
        });
      const byIndex = inOrder(rows, reads.length);
      let at = 0;
      return bound.map((values) => (values === null ? null : sharedTexts(reads, byIndex[at++]!)));
    },
  };
}

function statementOf(connectorOf: ConnectorOf, source: SourceName, roots: readonly CombinedRoot[]) {
  return prepareFetch(connectorOf, source, { kind: 'roots', roots, sets: true }).compiled;
}

function valid(statement: Statement, bindings: Bindings): readonly unknown[] | null {
  try {
    return bindValues(statement, bindings);
  } catch {
    return null;
  }
}

function gatheredValues({ slots }: Statement, sets: readonly (readonly unknown[])[]): readonly unknown[] {
  return slots.map(({ gather }, at) =>
    gather === undefined ? sets[0]![at] : gather(sets.map((values) => values[at])),
  );
}

/** The rows by the index of their set, which stands in the column `at`. */
function inOrder(rows: RunResult['rows'], at: number): RunResult['rows'] {
  const ordered = new Array<RunResult['rows'][number]>(rows.length);
  for (const row of rows) ordered[Number(row[at])] = row;
  return ordered;
}
