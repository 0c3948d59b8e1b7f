import type { Column, RowRule, ValueType } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import type { Capabilities } from './connector.ts';
import type { Document } from './fields.ts';
import { type Input, inspect } from './input/input.ts';
import type { Param, ParamSource } from './model/param.ts';
import type { Predicate } from './model/predicate.ts';
import type { Rules } from './model/rules.ts';
import type { Bound } from './model/select.ts';
import type { Step } from './model/step.ts';

/** The state that is shared while one operation is planned. */
export interface Planning {
  readonly document: Document;
  readonly rules: Rules;
  readonly capabilities: (source: SourceName) => Capabilities;
  /** Most keys that a filter or an order may transfer from one source to another. */
  readonly keyCap: number;
  /** The steps so far. A new step gets the next index. */
  readonly steps: Step[];
  /** The parameters that the steps fill. */
  readonly stepParams: Param[];
  /** Rules of the role that are already planned as predicates, so that keys of other sources are fetched once. */
  readonly plannedRules: Map<RowRule, Predicate>;
  /** Columns whose masks refer to other sources, as this operation sees them. */
  readonly visibleColumns: Map<Column, Column>;
}

const int: ValueType = { scalar: 'int', array: false };

/** The parameter of a leaf. A list gets a capacity if the engine needs it. */
export function paramOf(
  planning: Planning,
  input: Input,
  type: ValueType,
  options: { readonly shape?: 'value' | 'list'; readonly source?: SourceName; readonly column?: Column } = {},
): Param {
  if (input.kind !== 'value') throw invalid(input.path, 'a value is needed here, not null');
  const shape = options.shape ?? 'value';
  const base: Param = { type, shape, source: input.source, path: input.path, column: options.column };
  if (shape !== 'list' || options.source === undefined) return base;
  if (!planning.capabilities(options.source).listsByCapacity) return base;
  inspectLength(planning, input.source);
  const length = (input.value as readonly unknown[]).length;
  return { ...base, capacity: capacityFor(length) };
}

/** 0, or the next power of two. Above 1,024 the text must not depend on the length. */
export function capacityFor(length: number): number | undefined {
  if (length > 1024) return undefined;
  if (length === 0) return 0;
  let capacity = 1;
  while (capacity < length) capacity *= 2;
  return capacity;
}

function inspectLength(planning: Planning, source: ParamSource): void {
  if (source.kind === 'variable')
    planning.document.variables.inspected.add(JSON.stringify(['#capacity', ...source.path]));
}

/** The value of a leaf that determines the plan (a boolean or an enum value); `null`: none. */
export function literal(planning: Planning, input: Input | undefined): unknown {
  if (input === undefined || input.kind === 'null') return null;
  if (input.kind !== 'value') throw invalid(input.path, 'a single value is needed here');
  return inspect(input, planning.document.variables);
}

/** Counts up to this are written into the statement, so that the database can plan with them. Others are bound. */
const writtenBound = 1000;

/** Reads a row count (`limit`, `first`, ...): a whole number of 0 or more. */
export function boundOf(planning: Planning, input: Input | undefined): Bound | null {
  if (input === undefined || input.kind === 'null') return null;
  if (input.kind !== 'value') throw invalid(input.path, 'a whole number is needed here');
  const value = input.value as number;
  if (value < 0) throw invalid(input.path, `must not be negative, but is ${value}`);
  if (input.source.kind === 'constant') return value;
  planning.document.variables.inspected.add(
    JSON.stringify(['#bound', ...(input.source.kind === 'variable' ? input.source.path : [])]),
  );
  return isWritten(value) ? value : { type: int, shape: 'value', source: input.source, path: input.path };
}

/**
 * Whether a count is written into the statement. The set is small, to bound the number of statements: 0 to 20,
 * multiples of 5 up to 100, of 100 up to 1,000.
 */
export function isWritten(value: number): boolean {
  if (value <= 20) return value >= 0;
  if (value <= 100) return value % 5 === 0;
  return value <= writtenBound && value % 100 === 0;
}

/** The error of wrong input by the client, with its position. */
export function invalid(path: string, reason: string): FozError {
  return new FozError('validation-failed', `${lastOf(path)}: ${reason}`, { path });
}

function lastOf(path: string): string {
  return path.replace(/^\$\.selectionSet\./, '').replaceAll(/\.(?:args|selectionSet)\b/g, '');
}
