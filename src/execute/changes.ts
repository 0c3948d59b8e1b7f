import type { Column } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import type { ChangeField, ChangeOp, ChangesPlan, RowImage } from '../plan/index.ts';
import { type Explained, explainFetch } from './explain.ts';
import { listText, type Running, runStatement } from './fetch.ts';
import type { LiveContext, LoggedChange } from './live-context.ts';
import { type ConnectorOf, type PreparedFetch, prepareFetch, statementsOf } from './prepare.ts';
import { compileWriter, type WriteRow } from './writer.ts';

/** The changes of a table, prepared to write a list of them as one caller may see them. `run` returns JSON text. */
export interface PreparedChanges {
  readonly source: SourceName;
  readonly statements: ReadonlyMap<SourceName, number>;
  run(running: Running): Promise<string>;
  explain(title: string): readonly Explained[];
}

/** Prepares the statement that judges images and writes their values. The changes come with the context of a run. */
export function prepareChanges(connectorOf: ConnectorOf, plan: ChangesPlan): PreparedChanges {
  const source = plan.table.source.name;
  const fetch = prepareFetch(connectorOf, source, { kind: 'images', ...plan });
  const write = writersOf(fetch);
  return {
    source,
    statements: statementsOf(fetch),
    explain: (title) => [explainFetch(title, fetch)],
    async run(running) {
      const { changes = [], onBatch } = running.context as LiveContext;
      const images = new Images(plan);
      for (const change of changes) images.add(change);
      const rows = await visible(running, fetch, images.tuples);
      const told = changes.flatMap((change) => {
        const [old, after] = images.of(change).map((at) => (at === null ? undefined : rows.get(at)));
        const text = textOf({ plan, write }, change, old, after);
        return text === null ? [] : [text];
      });
      if (changes.length > 0) onBatch?.(changes.at(-1)!.position, told.length);
      return listText(told);
    },
  };
}

/** One writer for each way in which an image is selected. */
function writersOf({ compiled }: PreparedFetch): WriteRow[] {
  return compiled.shape.out.map((part) => compileWriter(part.kind === 'object' ? part.out : []).write);
}

type Row = readonly unknown[];

/** The images that the caller may see, by their index. */
async function visible(
  running: Running,
  fetch: PreparedFetch,
  tuples: readonly Row[],
): Promise<Map<number, Row>> {
  const below: Running = { ...running, bindings: { ...running.bindings, parents: tuples } };
  const { rows } = await runStatement(below, fetch.source, fetch.compiled.statement);
  return new Map(rows.map((row) => [Number(row[0]), row]));
}

/** The images of several changes as tuples of the columns that the plan needs. */
class Images {
  readonly tuples: Row[] = [];
  readonly #plan: ChangesPlan;
  readonly #of = new Map<LoggedChange, readonly [old: number | null, after: number | null]>();

  constructor(plan: ChangesPlan) {
    this.#plan = plan;
  }

  /** Throws FozError `not-supported` where the database does not tell what is needed. */
  add(change: LoggedChange): void {
    const { judged } = this.#plan;
    const old = change.op === 'insert' ? null : this.#image(change.old, judged.old, 'before');
    const after = change.op === 'delete' ? null : this.#image(change.new, judged.new, 'after');
    this.#of.set(change, [old, after]);
  }

  of(change: LoggedChange): readonly [old: number | null, after: number | null] {
    return this.#of.get(change)!;
  }

  #image(image: RowImage | null, judged: readonly Column[], side: 'before' | 'after'): number {
    const values = valuesOf(image);
    checkTold(this.#plan, values, judged, side);
    this.tuples.push(this.#plan.columns.map(({ name }) => values.get(name) ?? null));
    return this.tuples.length - 1;
  }
}

function valuesOf(image: RowImage | null): ReadonlyMap<string, unknown> {
  return new Map(image?.columns.map((name, at) => [name, image.values[at]]));
}

/** Throws FozError `not-supported` where the database has not told the value of a column. */
function checkTold(
  { table }: ChangesPlan,
  values: ReadonlyMap<string, unknown>,
  columns: readonly Column[],
  side: 'before' | 'after',
): void {
  const column = columns.find(({ name }) => values.get(name) === undefined);
  if (column === undefined) return;
  throw new FozError(
    'not-supported',
    `The database does not tell the value of a column ${side} a change, which the answer or its filter needs: let it tell whole rows (on PostgreSQL: REPLICA IDENTITY FULL), read the table again and subscribe again.`,
    { internal: `${table.id}.${column.name}` },
  );
}

interface Writing {
  readonly plan: ChangesPlan;
  readonly write: readonly WriteRow[];
}

/** The JSON of a change; `null`: it does not concern the caller. `old`, `after`: the images that the caller may see. */
function textOf(
  { plan, write }: Writing,
  change: LoggedChange,
  old: Row | undefined,
  after: Row | undefined,
): string | null {
  const op = seenAs(old, after);
  if (op === null || !plan.ops.has(op)) return null;
  if (after !== undefined) checkTold(plan, valuesOf(change.new), plan.shown, 'after');
  const written = (row: Row | undefined, at: number) =>
    row === undefined ? 'null' : write[at]!(row, 0, { hops: [], fixed: [] });
  if (op === 'update' && plan.seen !== null && written(old, plan.seen) === written(after, plan.seen))
    return null;
  const hasLeft = op === 'delete' && change.op !== 'delete';
  const members = plan.fields.map((field) => {
    const value = fieldText(field, plan, change, op, (at, side) =>
      side === 'new' ? written(after, at) : written(old, hasLeft && field.kind === 'old' ? field.left : at),
    );
    return `${JSON.stringify(field.key)}:${value}`;
  });
  return `{${members.join(',')}}`;
}

/** What has happened to the caller: a row that leaves its sight is gone, one that enters it is new. */
function seenAs(old: Row | undefined, after: Row | undefined): ChangeOp | null {
  if (old === undefined) return after === undefined ? null : 'insert';
  return after === undefined ? 'delete' : 'update';
}

function fieldText(
  field: ChangeField,
  { table }: ChangesPlan,
  change: LoggedChange,
  op: ChangeOp,
  written: (row: number, side: 'old' | 'new') => string,
): string {
  switch (field.kind) {
    case 'constant':
      return field.json;
    case 'op':
      return JSON.stringify(op);
    case 'at':
      return JSON.stringify(instant(change.at));
    case 'source':
      return JSON.stringify(table.source.name);
    case 'position':
    case 'transaction':
      return JSON.stringify(change[field.kind]);
    case 'old':
    case 'new':
      return written(field.row, field.kind);
  }
}

/** `2026-01-31T12:00:00.5+00:00` */
function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.?0*Z$/, '+00:00');
}
