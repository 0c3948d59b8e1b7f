import type { Column, Table } from '../catalog/index.ts';
import { jsonText, type SourceName } from '../core/index.ts';
import {
  type Dependencies,
  type Plan,
  type RowKeys,
  resolveParam,
  rootFields,
  rowKeysOf,
  type VariableValues,
} from '../plan/index.ts';
import type { EngineAnswer } from './answer.ts';
import type { SharedRun } from './live-sets.ts';
import type { OperationRequest } from './operation-request.ts';
import { operationKey } from './plan-cache.ts';
import type { PreparedPlan } from './prepared.ts';

/** The options of one run of a subscription. All others are those of the request. */
export type LiveRun = Pick<OperationRequest, 'signal' | 'timeoutMs' | 'held' | 'onBatch' | 'changes'>;

/** Rows of a table by the value of one column, as canonical texts. */
export interface EqualRows {
  readonly table: { readonly source: SourceName; readonly id: string };
  readonly columns: readonly { readonly name: string; readonly text: string }[];
}

/** The arguments of a `<table>_changes` field, evaluated. */
export interface AskedChanges {
  readonly table: Table;
  /** The position to go on from; `null`: from now on. */
  readonly after: string | null;
  /** Most changes of one answer. */
  readonly size: number;
  /** The columns of the row before a change that the filter and the masks need. */
  readonly neededOld: readonly Column[];
}

/** A planned subscription of one caller. It can run any number of times. */
export interface LiveOperation {
  readonly dependencies: Dependencies;
  /** Only changes of these rows of the root's table can change the answer; `null`: of all its rows. */
  readonly rows: EqualRows | null;
  /** Equal for operations of one engine that always have the same answer; `null`: a stream or `<table>_changes`, whose runs cannot be shared. */
  readonly key: string | null;
  /** Most rows of one batch of a stream; `null`: it is not a stream. */
  readonly batchSize: number | null;
  /** The arguments of `<table>_changes`; `null`: it is another field. */
  readonly changes: AskedChanges | null;
  /** The keys of rows in its answers. */
  readonly rowKeys: RowKeys;
  /** How it shares a statement with other operations of its plan; `null`: it always runs alone. */
  readonly shared: SharedRun | null;
  /** Runs it once. `after`: the position of the last row that a stream has sent. Never rejects. */
  run(run: LiveRun, after: string | null): Promise<EngineAnswer>;
}

/** Makes a subscription of a prepared plan and its variables. `run` may throw FozError. */
export function liveOperation(
  { plan, dependencies, sets }: PreparedPlan,
  request: Pick<OperationRequest, 'query' | 'operationName' | 'session'>,
  variables: VariableValues,
  run: LiveOperation['run'],
  answer: SharedRun['answer'],
): LiveOperation {
  const { session } = request;
  const batchSize = batchSizeOf(plan);
  const bindings = { variables, session, steps: [], parents: null };
  const changes = askedChanges(plan, bindings);
  const known = dependencies.sessionVariables.map((name) => [name, session.get(name) ?? null]);
  return {
    dependencies,
    rows: equalRows(dependencies, bindings),
    key:
      batchSize !== null || changes !== null
        ? null
        : `${operationKey(request)}${jsonText([variables, known])}`,
    batchSize,
    changes,
    get rowKeys() {
      return rowKeysOf(plan);
    },
    shared: sets === null ? null : { sets, bindings, answer },
    run,
  };
}

function batchSizeOf({ roots }: Plan): number | null {
  const stream = rootFields(roots).find((root) => root.kind === 'stream');
  return (stream?.stream.size as number | undefined) ?? null;
}

function askedChanges({ roots }: Plan, bindings: Parameters<typeof resolveParam>[1]): AskedChanges | null {
  const root = rootFields(roots).find(({ kind }) => kind === 'changes');
  if (root?.kind !== 'changes') return null;
  const { table, after, size, judged } = root.changes;
  const position = after === null ? null : (resolveParam(after, bindings) as string | null);
  return { table, after: position, size, neededOld: judged.old };
}

/** Types whose equal values have the same text on every engine. */
const comparable: ReadonlySet<string> = new Set(['smallint', 'int', 'bigint', 'uuid']);

function equalRows({ root }: Dependencies, bindings: Parameters<typeof resolveParam>[1]): EqualRows | null {
  if (root === null) return null;
  const columns = root.equal.flatMap(({ column, value }) => {
    const { scalar, array } = column.type;
    const isBound = ['variable', 'constant', 'session'].includes(value.source.kind);
    if (array || !comparable.has(scalar) || !isBound) return [];
    const text = canonicalText(value, bindings);
    return text === null ? [] : [{ name: column.name, text }];
  });
  const { table } = root;
  return columns.length === 0 ? null : { table: { source: table.source.name, id: table.id }, columns };
}

/** The value of a parameter as canonical text; `null`: it has no value, or an invalid one, which the run reports. */
function canonicalText(
  value: Parameters<typeof resolveParam>[0],
  bindings: Parameters<typeof resolveParam>[1],
): string | null {
  try {
    const found = resolveParam(value, bindings);
    const text = String(found ?? '').toLowerCase();
    if (/^[+-]?\d+$/.test(text)) return String(BigInt(text));
    return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
  } catch {
    return null;
  }
}
