import { type FindTable, RuleProblem, sourceRule, tableFinder } from '../../access/index.ts';
import {
  type Catalog,
  type Column,
  didYouMean,
  everyRow,
  familyOf,
  type RowRule,
  type Table,
} from '../../catalog/index.ts';
import type { WorkflowFault } from '../runs/check.ts';
import type { ColumnPair, DeleteMark, SideName, SyncDefinition } from './definition.ts';

/** A side of a sync, found in the catalog. */
export interface ResolvedSide {
  readonly name: SideName;
  readonly table: Table;
  readonly filter: RowRule;
  readonly key: readonly Column[];
  /** The columns that are read: those of the key first, then all others that the sync is about. */
  readonly columns: readonly Column[];
  readonly mark: { readonly column: Column; readonly deleted: unknown; readonly present: unknown } | null;
  /** Of the conflict rule `latest`. */
  readonly latest: Column | null;
}

/** A pair of columns; `null`: the side has none. Templates: `undefined`: the value goes over as it is. */
export interface ResolvedPair {
  readonly left: Column | null;
  readonly right: Column | null;
  readonly toRight: unknown;
  readonly toLeft: unknown;
}

/** A sync, resolved against the catalog. */
export interface ResolvedSync {
  readonly definition: SyncDefinition;
  readonly isBoth: boolean;
  readonly left: ResolvedSide;
  readonly right: ResolvedSide;
  readonly pairs: readonly ResolvedPair[];
  /** Changes when fingerprints of before do not count any more. */
  readonly shape: string;
}

/** Resolves a sync without faults of its own. The faults are those about its tables, with their places as JSON Pointers. */
export function resolveSync(
  catalog: Pick<Catalog, 'sources'>,
  definition: SyncDefinition,
): { readonly sync: ResolvedSync | null; readonly faults: readonly WorkflowFault[] } {
  const tables = new SyncTables(catalog, definition);
  const { faults } = tables;
  const found = { left: tables.table('left'), right: tables.table('right') };
  if (found.left === null || found.right === null) return { sync: null, faults };
  if (found.left === found.right) {
    faults.push({ place: '/right/table', message: 'is the table of the left side: a sync needs two.' });
    return { sync: null, faults };
  }
  const both = { left: found.left, right: found.right };
  const pairs = definition.columns.map((given, index) => tables.pair(both, given, index));
  const left = tables.side('left', both.left, pairs);
  const right = tables.side('right', both.right, pairs);
  const isBoth = definition.direction === 'both';
  faults.push(...keyFaults(left), ...keyFaults(right), ...writingFaults(right, pairs));
  if (isBoth) faults.push(...writingFaults(left, pairs));
  if (faults.length > 0) return { sync: null, faults };
  return {
    sync: { definition, isBoth, left, right, pairs, shape: shapeOf(definition, left, right) },
    faults,
  };
}

/** Finds the tables and columns of a sync, and notes what is not there. */
class SyncTables {
  readonly faults: WorkflowFault[] = [];
  readonly #catalog: Pick<Catalog, 'sources'>;
  readonly #definition: SyncDefinition;
  readonly #find: FindTable;

  constructor(catalog: Pick<Catalog, 'sources'>, definition: SyncDefinition) {
    this.#catalog = catalog;
    this.#definition = definition;
    this.#find = tableFinder(catalog);
  }

  table(side: SideName): Table | null {
    const { source, table } = this.#definition[side];
    const found = this.#find(source, table);
    if (found === undefined) {
      const sources: readonly string[] = [...this.#catalog.sources.keys()];
      this.faults.push(
        sources.includes(source)
          ? { place: `/${side}/table`, message: `is no table of the source ${source} (any more).` }
          : {
              place: `/${side}/source`,
              message: `is no attached source: "${source}"${didYouMean(source, sources)}.`,
            },
      );
      return null;
    }
    if (found.kind === 'table' || found.kind === 'partitioned table') return found;
    this.faults.push({ place: `/${side}/table`, message: `is a ${found.kind}: a sync needs a table.` });
    return null;
  }

  pair(tables: Readonly<Record<SideName, Table>>, given: string | ColumnPair, index: number): ResolvedPair {
    const isName = typeof given === 'string';
    const pair: ColumnPair = isName ? { left: given, right: given } : given;
    const place = `/columns/${index}`;
    const column = (side: SideName) => {
      const name = pair[side];
      return name === undefined
        ? null
        : this.#column(tables[side], name, isName ? place : `${place}/${side}`);
    };
    return { left: column('left'), right: column('right'), toRight: pair.to_right, toLeft: pair.to_left };
  }

  side(name: SideName, table: Table, pairs: readonly ResolvedPair[]): ResolvedSide {
    const { key: wanted, conflict, deletes } = this.#definition;
    const key = wanted.flatMap((given, index) => {
      const isPair = typeof given !== 'string';
      const place = `/key/${index}${isPair ? `/${name}` : ''}`;
      return this.#column(table, isPair ? given[name] : given, place) ?? [];
    });
    const latest =
      conflict?.rule === 'latest' ? this.#column(table, conflict[name], `/conflict/${name}`) : null;
    const given = typeof deletes === 'object' ? deletes.mark[name] : undefined;
    const mark = given === undefined ? null : this.#mark(name, table, given, pairs);
    // An expression may read the whole row of a side.
    const readsRow = pairs.some((pair) => pair[name] === null);
    const others = [
      ...pairs.flatMap((pair) => pair[name] ?? []),
      ...(latest === null ? [] : [latest]),
      ...(readsRow ? table.columns : []),
    ];
    const columns = [...new Set([...key, ...others])];
    return { name, table, filter: this.#filter(name, table), key, columns, mark, latest };
  }

  #column(table: Table, name: string, place: string): Column | null {
    const found = table.column.get(name);
    if (found !== undefined) return found;
    const known = table.columns.map((one) => one.name);
    this.faults.push({
      place,
      message: `is no column of ${table.id} (any more): "${name}"${didYouMean(name, known)}.`,
    });
    return null;
  }

  #mark(
    side: SideName,
    table: Table,
    given: DeleteMark,
    pairs: readonly ResolvedPair[],
  ): ResolvedSide['mark'] {
    const place = `/deletes/mark/${side}/column`;
    const column = this.#column(table, given.column, place);
    if (column === null) return null;
    if (pairs.some((pair) => pair[side] === column))
      this.faults.push({
        place,
        message: 'is one of the columns that are kept in step: a mark needs its own.',
      });
    return { column, deleted: given.deleted, present: given.present ?? null };
  }

  #filter(side: SideName, table: Table): RowRule {
    const { filter } = this.#definition[side];
    if (filter === undefined) return everyRow;
    try {
      return sourceRule(table, filter, 'filter', this.#find);
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error;
      for (const { where, reason } of error.problems)
        this.faults.push({ place: `/${side}/filter`, message: `${where}: ${reason}.` });
      return everyRow;
    }
  }
}

function keyFaults({ name: side, table, key }: ResolvedSide): WorkflowFault[] {
  const place = '/key';
  const faults = key
    .filter(({ type }) => type.array || !keyFamilies.has(familyOf(type.scalar)))
    .map(({ name, type }) => ({
      place,
      message: `has the column "${name}" of the ${side} side, which is a ${type.scalar}: whole numbers, texts and UUIDs can be keys.`,
    }));
  const isUnique = table.keys.some(
    ({ columns }) =>
      columns.length === key.length && columns.every((column) => key.includes(column) && !column.nullable),
  );
  if (isUnique || key.length === 0) return faults;
  const message = `is no key of ${table.id}: it needs the columns of its primary key, or of a unique key without NULL.`;
  return [...faults, { place, message }];
}

/** The obstacles to writing rows on a side: each column without a default needs a value, and some have values of the database alone. */
function writingFaults(
  { name: side, table, key, mark }: ResolvedSide,
  pairs: readonly ResolvedPair[],
): WorkflowFault[] {
  const faults: WorkflowFault[] = [];
  const written = new Set<Column>();
  const write = (column: Column, place: string) => {
    if (column.generated || column.identity === 'always')
      faults.push({
        place,
        message: `would write "${column.name}" of ${table.id}, whose values the database makes.`,
      });
    if (written.has(column))
      faults.push({ place, message: `writes "${column.name}" of ${table.id} a second time.` });
    written.add(column);
  };
  for (const column of key) write(column, '/key');
  for (const [index, pair] of pairs.entries()) {
    const [column, other, template] =
      side === 'left' ? [pair.left, pair.right, pair.toLeft] : [pair.right, pair.left, pair.toRight];
    if (column !== null && (other !== null || template !== undefined)) write(column, `/columns/${index}`);
  }
  if (mark !== null) written.add(mark.column);
  for (const { name } of table.columns.filter((column) => !written.has(column) && needsValue(column)))
    faults.push({
      place: '/columns',
      message: `has no value for "${name}" of ${table.id}, which needs one.`,
    });
  return faults;
}

function needsValue({ nullable, hasDefault, generated, identity }: Column): boolean {
  return !nullable && !hasDefault && !generated && identity === null;
}

const keyFamilies: ReadonlySet<string> = new Set(['integer', 'text', 'uuid']);

function shapeOf(definition: SyncDefinition, left: ResolvedSide, right: ResolvedSide): string {
  const { description: _, enabled: __, ...rest } = definition;
  const types = [left, right].map(({ table, columns }) => [
    table.id,
    columns.map(({ name, type }) => [name, type.scalar, type.array]),
  ]);
  return JSON.stringify([rest, types]);
}
