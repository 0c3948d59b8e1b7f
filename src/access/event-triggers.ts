import {
  type BoolExp,
  type Catalog,
  type CatalogIssue,
  type Column,
  crossesSources,
  didYouMean,
  type EventTriggerMetadata,
  type Metadata,
  type RowRule,
  type RuleValue,
  type Table,
  type TriggerConditionMetadata,
} from '../catalog/index.ts';
import { columnsNamed } from './columns-named.ts';
import { checkEndpoint, checkVariables } from './endpoints.ts';
import type { AllowedVariables } from './environment.ts';
import { type FindTable, RuleProblem, readAll, readRule, refuse } from './read-rule.ts';
import { tableFinder } from './resolve.ts';
import { stepsOf } from './steps-of.ts';

/** A condition on a change: on the rows before and after it, combined. */
export type ChangeCondition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly ChangeCondition[] }
  | { readonly kind: 'not'; readonly of: ChangeCondition }
  | { readonly kind: 'row'; readonly side: 'old' | 'new'; readonly rule: RowRule };

/** Columns of the payload, and for updates the columns of which one must have changed; `null`: any. */
export interface TriggeredOperation {
  readonly payload: readonly Column[];
  readonly changed: readonly Column[] | null;
}

/** An event trigger, resolved against the catalog. */
export interface EventTrigger {
  readonly name: string;
  readonly table: Table;
  readonly insert: TriggeredOperation | null;
  readonly update: TriggeredOperation | null;
  readonly delete: TriggeredOperation | null;
  readonly manual: boolean;
  readonly when: ChangeCondition | null;
  /** The columns by whose values deliveries are kept in order; empty: they are made in any order. */
  readonly key: readonly Column[];
  readonly metadata: EventTriggerMetadata;
}

export interface EventTriggers {
  readonly byName: ReadonlyMap<string, EventTrigger>;
  /** Faults. A trigger with any fault does nothing. */
  readonly issues: readonly CatalogIssue[];
}

/** Resolves the event triggers of all tables. Never throws: a trigger with faults is left out, and is reported in `issues`. */
export function resolveEventTriggers(
  catalog: Pick<Catalog, 'sources'>,
  metadata: Metadata,
  variables: AllowedVariables,
): EventTriggers {
  const byName = new Map<string, EventTrigger>();
  const issues: CatalogIssue[] = [];
  const find = tableFinder(catalog);
  const taken = new Set<string>();
  for (const [index, entry] of metadata.tables.entries()) {
    const table = find(entry.source, entry.table);
    if (table === undefined) continue;
    for (const [at, given] of (entry.event_triggers ?? []).entries()) {
      const where = `${table.id}: event trigger ${JSON.stringify(given.name)}`;
      const path = ['tables', index, 'event_triggers', at];
      try {
        if (taken.has(given.name))
          refuse('name', 'another event trigger has this name: names are unique among all tables');
        taken.add(given.name);
        byName.set(given.name, readTrigger(table, given, find, variables));
      } catch (error) {
        if (!(error instanceof RuleProblem)) throw error;
        for (const problem of error.problems)
          issues.push({
            severity: 'error',
            where: `${where}, ${problem.where}`,
            reason: `${problem.reason}; the trigger is left out`,
            path: [...path, ...stepsOf(problem.where)],
            ...(problem.follows ? { topic: 'follows' } : {}),
          });
      }
    }
  }
  return { byName, issues };
}

function readTrigger(
  table: Table,
  given: EventTriggerMetadata,
  find: FindTable,
  variables: AllowedVariables,
): EventTrigger {
  const { definition, when, key = [] } = given;
  const read = { table } as { -readonly [K in keyof EventTrigger]: EventTrigger[K] };
  readAll([
    () => {
      if (table.kind !== 'table' && table.kind !== 'partitioned table')
        refuse('definition', `${table.id} is a ${table.kind}: only the changes of tables are reported`);
    },
    () => {
      read.insert = operationOf(table, definition.insert, definition.insert?.columns, 'insert.columns');
    },
    () => {
      const { update } = definition;
      const payload = operationOf(table, update, update?.payload, 'update.payload');
      const listened = update?.columns ?? '*';
      const changed = listened === '*' ? null : columnsNamed(table, listened, 'definition.update.columns');
      read.update = payload === null ? null : { ...payload, changed };
    },
    () => {
      read.delete = operationOf(table, definition.delete, definition.delete?.columns, 'delete.columns');
    },
    () => {
      read.when = when === undefined ? null : readCondition(table, when, 'when', find);
    },
    () => {
      read.key = columnsNamed(table, key, 'key');
    },
    () => checkEndpoint(given, true),
    () => checkVariables(given, variables),
  ]);
  const { insert, update, delete: removed } = definition;
  const manual = definition.enable_manual ?? true;
  if (
    insert === undefined &&
    update === undefined &&
    removed === undefined &&
    definition.enable_manual !== true
  )
    refuse('definition', 'it names no operation: add insert, update or delete, or enable_manual: true');
  return { ...read, name: given.name, table, manual, metadata: given };
}

function operationOf(
  table: Table,
  given: object | undefined,
  columns: '*' | readonly string[] = '*',
  where: string,
): TriggeredOperation | null {
  if (given === undefined) return null;
  const payload = columns === '*' ? table.columns : columnsNamed(table, columns, `definition.${where}`);
  return { payload, changed: null };
}

const parts = ['old', 'new', '_and', '_or', '_not'] as const;

function readCondition(
  table: Table,
  given: TriggerConditionMetadata,
  where: string,
  find: FindTable,
): ChangeCondition {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    refuse(where, 'a condition is an object, as { new: { total: { _gt: 100 } } }');
  const of = readAll(
    Object.entries(given).map(([key, value]) => (): ChangeCondition => {
      const at = `${where}.${key}`;
      switch (key as (typeof parts)[number]) {
        case 'old':
        case 'new':
          return { kind: 'row', side: key as 'old' | 'new', rule: sourceRule(table, value, at, find) };
        case '_and':
        case '_or':
          return {
            kind: key === '_and' ? 'and' : 'or',
            of: readAll(
              listOf(value, at).map((one, index) => () => readCondition(table, one, `${at}[${index}]`, find)),
            ),
          };
        case '_not':
          return { kind: 'not', of: readCondition(table, value, at, find) };
        default:
          return refuse(
            at,
            `"${key}" is none of ${parts.join(', ')}: conditions on columns are within "old" or "new"${didYouMean(key, parts)}`,
          );
      }
    }),
  );
  return of.length === 1 ? of[0]! : { kind: 'and', of };
}

/** A condition on rows that stays within its source and that nobody is signed in for. Throws RuleProblem. */
export function sourceRule(table: Table, given: BoolExp | undefined, at: string, find: FindTable): RowRule {
  const rule = readRule(table, given ?? {}, at, find);
  if (crossesSources(rule)) refuse(at, 'it refers to another source: this condition stays within its own');
  if (usesSession(rule))
    refuse(at, 'it uses a session variable: nobody is signed in when changes are handled');
  return rule;
}

function usesSession(rule: RowRule): boolean {
  switch (rule.kind) {
    case 'and':
    case 'or':
      return rule.of.some(usesSession);
    case 'not':
      return usesSession(rule.of);
    case 'exists':
    case 'exists table':
      return usesSession(rule.where);
    case 'compare':
      return isOfSession(rule.value);
    case 'between':
      return isOfSession(rule.low) || isOfSession(rule.high);
    default:
      return false;
  }
}

function isOfSession(value: RuleValue): boolean {
  return value.kind === 'session' || (value.kind === 'list' && value.of.some(isOfSession));
}

function listOf(value: unknown, at: string): readonly TriggerConditionMetadata[] {
  if (Array.isArray(value)) return value;
  return refuse(at, 'a list of conditions is needed');
}

/** The rule that the row with these values of columns passes. Throws RuleProblem. */
export function rowWithKey(table: Table, key: Readonly<Record<string, unknown>>): RowRule {
  const values = Object.entries(key).map(([name, value]): [string, unknown] => [name, { _eq: value }]);
  const rule = readRule(table, Object.fromEntries(values), 'key', () => undefined);
  return usesSession(rule) ? refuse('key', 'a session variable is no value') : rule;
}
