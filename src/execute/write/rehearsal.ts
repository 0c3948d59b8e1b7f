import type { Column, Table } from '../../catalog/index.ts';
import { FozError, type SourceName, unreachable } from '../../core/index.ts';
import type { Compiled, Param, Savepoint, Write } from '../../plan/index.ts';
import { type Explained, explainFetch, explainStatement, heading, paramText } from '../explain.ts';
import type { PreparedFetch } from '../prepare.ts';
import { hasUpdate } from './conflict-update.ts';
import { FutureValue } from './future-value.ts';
import type { Lookup, Purpose, Stage, Tuple, WriteResult } from './stage.ts';

/**
 * A branch of a write. Inserts: the rows are new, exist and are changed, or exist and are left alone. Updates and deletes: rows are found or
 * missed.
 */
export type Branch = 'new' | 'changed' | 'left' | 'found' | 'missed';

/**
 * Collects the statements of a write instead of running them. Each statement gets the result that it would have in one branch of the write,
 * with future values in place of real ones.
 */
export class Rehearsal implements Stage {
  readonly isRehearsal = true;
  readonly #source: SourceName;
  readonly #branch: Branch;
  readonly #rows: number;
  #statements: Explained[] = [];

  /** `rows`: the number of rows that an update or a delete finds. */
  constructor(source: SourceName, branch: Branch, rows: number) {
    this.#source = source;
    this.#branch = branch;
    this.#rows = rows;
  }

  /** The statements of `body`, up to the point where it throws a FozError. */
  async statementsOf(body: () => Promise<unknown>): Promise<readonly Explained[]> {
    try {
      await body();
    } catch (error) {
      if (!(error instanceof FozError)) throw error;
      this.#statements.push(heading(`refused: ${error.message}`, this.#source, []));
    }
    return this.#statements;
  }

  async write(write: Write, { statement }: Compiled): Promise<WriteResult> {
    this.#statements.push(explainStatement(writeTitle(write), this.#source, statement));
    const affected = this.#affected(write);
    const returned = Array.from({ length: affected }, () => futureTuple(write.returning, 'written rows'));
    const generated = ({ name }: Column) => new FutureValue(`${name} that the database generates`);
    const conflicts =
      write.kind === 'insert' && (write.conflictReport ?? null) !== null && this.#branch !== 'new';
    const reportsChanged = write.kind === 'insert' && write.reportsChanged === true;
    const changed = reportsChanged ? { changed: returned.map(() => this.#branch === 'changed') } : {};
    return { affected, returned, generated, conflict: conflicts ? 'key' : null, ...changed };
  }

  async conflictingRow({ purpose, table, columns }: Lookup, { statement }: Compiled): Promise<Tuple[]> {
    this.#statements.push(explainStatement(purposeTitle(purpose, table), this.#source, statement));
    return [futureTuple(columns, 'row found')];
  }

  async attempt<T>(
    { set, undo, release }: Savepoint,
    body: () => Promise<T>,
    keep: (result: T) => boolean,
  ): Promise<T> {
    this.#statements.push(explainStatement('an attempt begins', this.#source, set));
    const result = await body();
    if (!keep(result)) this.#statements.push(explainStatement('the attempt is undone', this.#source, undo));
    if (release !== null) this.#statements.push(explainStatement('the attempt ends', this.#source, release));
    return result;
  }

  async read({ purpose, table, columns }: Lookup, fetch: PreparedFetch): Promise<Tuple[]> {
    const explained = explainFetch(purposeTitle(purpose, table), fetch);
    this.#statements.push(
      purpose.kind === 'lacking' ? { ...explained, when: 'some of them are missing' } : explained,
    );
    const from = purpose.kind === 'targets' ? 'rows found' : 'written rows';
    return Array.from({ length: this.#expected(purpose) }, () => futureTuple(columns, from));
  }

  async texts(table: Table, fetch: PreparedFetch, { length }: readonly Tuple[]): Promise<string[]> {
    this.#statements.push(explainFetch(`rows of ${table.name} for the answer, by key`, fetch, length));
    return [];
  }

  value(param: Param): unknown {
    const { source } = param;
    if (source.kind !== 'constant') return new FutureValue(paramText(param));
    const { value } = source;
    return value === null || value instanceof FutureValue ? value : new FutureValue(paramText(param));
  }

  async within<T>(title: string, body: () => Promise<T>): Promise<T> {
    const around = this.#statements;
    this.#statements = [];
    try {
      return await body();
    } finally {
      if (this.#statements.length > 0) around.push(heading(title, this.#source, this.#statements));
      this.#statements = around;
    }
  }

  #affected(write: Write): number {
    if (write.kind !== 'insert') return this.#branch === 'missed' || this.#branch === 'left' ? 0 : this.#rows;
    const report = write.conflictReport ?? null;
    if (this.#branch === 'new' || (write.onConflict === null && report === null)) return write.rows.length;
    if (write.onConflict === null) return 0;
    return this.#branch === 'changed' && hasUpdate(write.onConflict) ? write.rows.length : 0;
  }

  #expected(purpose: Purpose): number {
    switch (purpose.kind) {
      case 'targets':
        return this.#branch === 'missed' ? 0 : this.#rows;
      case 'conflicting row':
        return 1;
      case 'back':
        return purpose.of;
      case 'passing':
        return purpose.of;
      case 'missed':
      case 'stored':
      case 'highest':
      case 'lacking':
      case 'computed':
        return 0;
      default:
        return unreachable(purpose);
    }
  }
}

function futureTuple(columns: readonly Column[], from: string): Tuple {
  return columns.map(({ name }) => new FutureValue(`${name} of the ${from}`));
}

function writeTitle(write: Write): string {
  const { kind, table } = write;
  if (kind !== 'insert') return `${kind} of ${table.name}`;
  return `insert of ${write.rows.length} ${write.rows.length === 1 ? 'row' : 'rows'} into ${table.name}`;
}

function purposeTitle(purpose: Purpose, { name }: Table): string {
  switch (purpose.kind) {
    case 'targets':
      return `keys of the rows of ${name}`;
    case 'missed':
      return `whether the row of ${name} is there, though if_match does not hold`;
    case 'conflicting row':
      return `the row of ${name} that is in the way`;
    case 'stored':
      return `whether rows of ${name} are there`;
    case 'highest':
      return `the highest key of ${name} so far`;
    case 'lacking':
      return `whether the written rows of ${name} are there`;
    case 'back':
      return `values of the written rows of ${name}`;
    case 'computed':
      return `values of ${name} that the database has computed, for their rules`;
    case 'passing': {
      const { rows, rule } = purpose;
      return `which ${rows} rows of ${name} pass ${rule === null ? 'the check of the permission' : JSON.stringify(rule)}`;
    }
    default:
      return unreachable(purpose);
  }
}
