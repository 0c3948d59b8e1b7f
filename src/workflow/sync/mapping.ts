import type { Column } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { Tuple } from '../../execute/index.ts';
import type { Expressions } from '../expressions/index.ts';
import type { SideName } from './definition.ts';
import type { ResolvedPair, ResolvedSide, ResolvedSync } from './resolve.ts';
import { printLength, printOf, spelled, valueFor } from './values.ts';

/** A row of one side, with what it means for the other side. */
export interface SideRow {
  readonly values: Tuple;
  /** The values for the columns of the other side, one per pair; `undefined`: the pair writes nothing there. */
  readonly outgoing: readonly unknown[];
  /** Why it cannot be written to the other side; `null`: it can. */
  readonly fault: string | null;
  /** Fingerprint of what the sync is about, with `printLength` characters per pair where fields are compared. */
  readonly print: string;
}

/** Maps the rows of one side to those of the other one. */
export class Mapping {
  readonly #sync: ResolvedSync;
  readonly #expressions: Expressions;
  readonly #isByField: boolean;

  constructor(sync: ResolvedSync, expressions: Expressions) {
    this.#sync = sync;
    this.#expressions = expressions;
    this.#isByField = sync.definition.conflict?.rule === 'fields';
  }

  /** Rows as they were read of a side. */
  rows(side: SideName, rows: readonly Tuple[]): Promise<readonly SideRow[]> {
    return Promise.all(rows.map((values) => this.#row(this.#sync[side], values)));
  }

  /** The fingerprint that a side has once it holds a row of the other side. `before`: its row now. */
  printOfWritten(side: SideName, outgoing: readonly unknown[], before: SideRow | null): string {
    const resolved = this.#sync[side];
    return this.#print(
      this.#sync.pairs.map((pair, at) => {
        const column = pair[side];
        if (!isShown(pair, side, this.#sync.isBoth)) return '';
        if (column === null) return '?';
        const written = outgoing[at];
        return spelled(
          column,
          written === undefined ? before && valueIn(resolved, before.values, column) : written,
        );
      }),
    );
  }

  /** Whether the other side holds what a row of one side means for it. */
  isHeld(from: SideName, row: SideRow, other: SideRow): boolean {
    if (row.fault !== null) return false;
    const to = from === 'left' ? 'right' : 'left';
    return this.#sync.pairs.every((pair, at) => {
      const column = pair[to];
      const value = row.outgoing[at];
      if (column === null || value === undefined) return true;
      return spelled(column, value) === spelled(column, valueIn(this.#sync[to], other.values, column));
    });
  }

  /** The values that a side gets from a row of the other side, without the key. `only`: of these pairs. */
  written(to: SideName, row: SideRow, only: ReadonlySet<number> | null = null): Map<Column, unknown> {
    const values = new Map<Column, unknown>();
    for (const [at, pair] of this.#sync.pairs.entries()) {
      const column = pair[to];
      const value = row.outgoing[at];
      if (column !== null && value !== undefined && (only === null || only.has(at)))
        values.set(column, value);
    }
    return values;
  }

  /** The pairs in which a row differs from the fingerprint of before. */
  changedFields(row: SideRow, before: string | null): ReadonlySet<number> {
    const changed = new Set<number>();
    for (const at of this.#sync.pairs.keys()) {
      const part = (print: string) => print.slice(at * printLength, (at + 1) * printLength);
      if (before === null || part(before) !== part(row.print)) changed.add(at);
    }
    return changed;
  }

  async #row(side: ResolvedSide, values: Tuple): Promise<SideRow> {
    const outgoing: unknown[] = [];
    let fault: string | null = null;
    const isSending = side.name === 'left' || this.#sync.isBoth;
    if (isSending)
      try {
        for (const pair of this.#sync.pairs) outgoing.push(await this.#outgoing(side, values, pair));
      } catch (error) {
        if (!(error instanceof FozError) || error.code === 'unavailable') throw error;
        fault = error.message;
      }
    const shown = this.#sync.pairs.map((pair, at) => {
      const column = pair[side.name];
      if (!isShown(pair, side.name, this.#sync.isBoth)) return '';
      if (column !== null) return spelled(column, valueIn(side, values, column));
      const target = side.name === 'left' ? pair.right : pair.left;
      return target === null || outgoing[at] === undefined ? '?' : spelled(target, outgoing[at]);
    });
    return { values, outgoing, fault, print: this.#print(shown) };
  }

  async #outgoing(side: ResolvedSide, values: Tuple, pair: ResolvedPair): Promise<unknown> {
    const [own, target, template] =
      side.name === 'left' ? [pair.left, pair.right, pair.toRight] : [pair.right, pair.left, pair.toLeft];
    if (target === null || (own === null && template === undefined)) return undefined;
    const value = own === null ? null : valueIn(side, values, own);
    if (template === undefined) return valueFor(target, value);
    const row = Object.fromEntries(side.columns.map((column, at) => [column.name, values[at]]));
    const scope = own === null ? { row } : { value };
    return valueFor(target, await this.#expressions.evaluate(template, scope));
  }

  #print(shown: readonly string[]): string {
    return this.#isByField
      ? shown.map(printOf).join('')
      : printOf(shown.join('\n')) + printOf(shown.join('\t'));
  }
}

/** Whether a change of the pair's column on a side is a change of the row: it is not where the other side alone decides about it. */
function isShown(pair: ResolvedPair, side: SideName, isBoth: boolean): boolean {
  if (!isBoth) return true;
  const isReceivedOnly = side === 'left' ? pair.right === null : pair.left === null;
  return !isReceivedOnly || pair[side] === null;
}

function valueIn({ columns }: ResolvedSide, values: Tuple, column: Column): unknown {
  return values[columns.indexOf(column)];
}
