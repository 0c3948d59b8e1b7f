import type { RowRule, RuleValue } from '../catalog/index.ts';
import type { RolePermissions, RowValidation, TablePermission } from './permission.ts';

/** A session variable that permissions need. Without it, requests that these permissions apply to are refused. */
export interface NeededVariable {
  /** Lower case, without prefix: `user-id`. */
  readonly name: string;
  /** Whether a row filter of reads needs it, so that not even a read succeeds. */
  readonly forReads: boolean;
  /** The ids of the tables whose permissions need it. */
  readonly tables: readonly string[];
}

/** The session variables that the permissions of a role need, and the validation rules of the tables it may write to; by name. */
export function neededVariables(
  { tables }: Pick<RolePermissions, 'tables'>,
  validations: ReadonlyMap<string, readonly RowValidation[]>,
): readonly NeededVariable[] {
  const found = new Map<string, { forReads: boolean; tables: Set<string> }>();
  for (const [id, permission] of tables) {
    const filter = new Set(permission.select === null ? [] : ruleVariables(permission.select.filter));
    for (const name of new Set([...filter, ...otherVariables(permission, validations.get(id) ?? [])])) {
      const known = found.get(name) ?? { forReads: false, tables: new Set<string>() };
      known.tables.add(id);
      known.forReads ||= filter.has(name);
      found.set(name, known);
    }
  }
  return [...found]
    .map(([name, { forReads, tables: ids }]) => ({ name, forReads, tables: [...ids].sort() }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The variables in masks, in permissions to write and in validation rules. */
function otherVariables(
  { select, insert, update, delete: remove }: TablePermission,
  validations: readonly RowValidation[],
): string[] {
  const validated = insert === null && update === null ? [] : validations;
  const rules = [
    ...validated.map(({ rule }) => rule),
    ...(select?.masks.values() ?? []),
    insert?.check,
    update?.filter,
    update?.check,
    remove?.filter,
  ];
  const presets = [insert, update, remove].flatMap((write) => [...(write?.presets.values() ?? [])]);
  return [
    ...rules.flatMap((rule) => (rule === undefined ? [] : ruleVariables(rule))),
    ...presets.flatMap(valueVariables),
  ];
}

function ruleVariables(rule: RowRule): string[] {
  switch (rule.kind) {
    case 'and':
    case 'or':
      return rule.of.flatMap(ruleVariables);
    case 'not':
      return ruleVariables(rule.of);
    case 'compare':
      return valueVariables(rule.value);
    case 'between':
      return [rule.low, rule.high].flatMap(valueVariables);
    case 'exists':
    case 'exists table':
      return ruleVariables(rule.where);
    case 'columns':
    case 'is null':
      return [];
  }
}

function valueVariables(value: RuleValue): string[] {
  if (value.kind === 'session') return [value.name];
  return value.kind === 'list' ? value.of.flatMap(valueVariables) : [];
}
