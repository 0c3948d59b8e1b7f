import type { Column } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import type { ChangeField, ChangeOp, ChangesPlan, RowImage } from '../plan/index.ts';
import { type Explained, explainFetch } from './explain.ts';
import { listText, type Running, runStatement } from './fetch.ts';
import type { LiveContext, LoggedChange } from './live-context.ts';
import { type ConnectorOf, type PreparedFetch, prepareFetch, statementsOf } from './prepare.ts';
import { compileWriter, type WriteRow } from './writer.ts';

/** Prepared changes of a table, filtered and written for one caller. `run` returns a list as JSON text. */
export interface PreparedChanges {
  readonly source: SourceName;
  readonly statements: ReadonlyMap<SourceName, number>;
  run(running: Running): Promise<string>;
  explain(title: string): readonly Explained[];
}

/** Prepares the statement that filters images and returns their values. The changes come with the context of each run. */
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
      const texts = changes.flatMap((change) => {
        const [old, after] = images.of(change).map((at) => (at === null ? undefined : rows.get(at)));
        const text = textOf({ plan, write }, change, old, after);
        return text === null ? [] : [text];
      });
      if (changes.length > 0) onBatch?.(changes.at(-1)!.position, texts.length);
      return listText(texts);
    },
  };
}

/** A writer for each of `ChangesPlan.rows`. */
function writersOf({ compiled }: PreparedFetch): WriteRow[] {
  return compiled.shape.out.map((part) => compileWriter(part.kind === 'object' ? part.out : []).write);
}

type Row = readonly unknown[];

/** Sends the images to the database, and returns those that pass the filter, by their index. */
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

  /** Throws FozError `not-supported` where an image lacks the value of a needed column. */
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
    requireValues(this.#plan, values, judged, side);
    this.tuples.push(this.#plan.columns.map(({ name }) => values.get(name) ?? null));
    return this.tuples.length - 1;
  }
}

function valuesOf(image: RowImage | null): ReadonlyMap<string, unknown> {
  return new Map(image?.columns.map((name, at) => [name, image.values[at]]));
}

/** Throws FozError `not-supported` where the database has not reported the value of a column. */
function requireValues(
  { table }: ChangesPlan,
  values: ReadonlyMap<string, unknown>,
  columns: readonly Column[],
  side: 'before' | 'after',
): void {
  const column = columns.find(({ name }) => values.get(name) === undefined);
  if (column === undefined) return;
  throw new FozError(
    'not-supported',
    `The database does not report the value of a column ${side} a change, which the answer or its filter needs: let it report whole rows (on PostgreSQL: REPLICA IDENTITY FULL), read the table again and subscribe again.`,
    { internal: `${table.id}.${column.name}` },
  );
}

interface Writing {
  readonly plan: ChangesPlan;
  readonly write: readonly WriteRow[];
}

/** The JSON of a change; `null`: it is not sent to the caller. `old`, `after`: the images that the caller may see. */
function textOf(
  { plan, write }: Writing,
  change: LoggedChange,
  old: Row | undefined,
  after: Row | undefined,
): string | null {
  const op = seenAs(old, after);
  if (op === null || !plan.ops.has(op)) return null;
  if (after !== undefined) requireValues(plan, valuesOf(change.new), plan.shown, 'after');
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

/** The operation in the caller's view: a row that becomes invisible is deleted, one that becomes visible is inserted; `null`: it sees neither. */
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
