import { specifiedScalarTypes } from 'graphql';
import { type CatalogIssue, type Key, resetCommand, type Table } from '../../catalog/index.ts';
import { namespaceOf, type RefusedRoot } from './clashes.ts';
import { precedenceReason } from './precedence.ts';
import type { ReservedName } from './reserved.ts';
import { wantedName } from './style.ts';

const specified: ReadonlySet<string> = new Set(specifiedScalarTypes.map(({ name }) => name));

/** The holder of a name that another table wants. `table: null`: a namespace, or a table that is absent now. */
export interface NameHolder {
  readonly what: 'root field' | 'type' | 'absent';
  readonly name: string;
  readonly table: Table | null;
  /** The absent table. */
  readonly absent?: ReservedName;
}

/**
 * The issue of a table that did not get the name it wanted. It is an error until the user decides: either the holder
 * of the name or this table needs a custom name. `holder: null`: the name is free now.
 */
export function takenName(
  table: Table,
  wanted: string,
  name: string,
  holder: NameHolder | null,
): CatalogIssue {
  const where = table.id;
  if (holder === null) {
    const reason = `It keeps the name "${name}" that it was given when "${wanted}" was taken. To call it "${wanted}": ${customName(table, wanted)}`;
    return { severity: 'note', where, reason };
  }
  const { what, table: other } = holder;
  if (holder.absent !== undefined) {
    const { source, place } = holder.absent;
    const reason = `"${wanted}" is kept for the table ${place} of ${source}, which is not there now, so ${table.id} is called "${name}". To free the name: ${resetCommand(source, place)}; to call this table so all the same: ${customName(table, wanted)}`;
    return { severity: 'note', where, reason };
  }
  const of = other === null ? namespaceOf : `${other.id} (${precedenceReason(other, table)})`;
  const sentence = `The ${what} "${holder.name}" is that of ${of}, so ${table.id} is called "${name}".`;
  if (other !== null && other.customName !== null && table.customName === null)
    return { severity: 'note', where, reason: sentence };
  const choice = `To keep it so, put under metadata.tables: ${customName(table, name)}`;
  const swap =
    other === null || other.customName !== null ? '' : `, to swap them: ${customName(table, wanted)}`;
  return { severity: 'error', where, reason: `${sentence} ${choice}${swap}` };
}

/** The issue of a table whose types would have the names of types that the graph always has. */
export function reservedName(table: Table, name: string, other: string): CatalogIssue {
  const whose = specified.has(name) ? 'a type of GraphQL itself' : 'a type that Foz itself uses';
  const free = customName(table, `${table.source.name}_${wantedName(table)}`);
  const reason = `"${name}" is ${whose}, so the types of ${table.id} start with "${other}"; its fields are called as it is. To call all of them otherwise: ${free}`;
  return { severity: 'note', where: table.id, reason };
}

/** The issue of a custom root field whose name is taken. */
export function refusedRoot({ side, clash }: RefusedRoot): CatalogIssue {
  const { one, other, name } = clash;
  const holder = one === side ? other : one;
  const of = holder === null ? namespaceOf : holder.owner.id;
  const reason = `The custom root field "${name}" is that of ${of}, so ${side.kind} keeps its usual name. Give one of them another name in custom_root_fields.`;
  return { severity: 'error', where: side.owner.id, reason };
}

/** The metadata entry that gives a table a custom name, as one line of YAML. */
function customName({ source, namespace, name }: Table, custom: string): string {
  const table =
    namespace === null || namespace === source.defaultNamespace
      ? yaml(name)
      : `{ schema: ${yaml(namespace)}, name: ${yaml(name)} }`;
  return `- { source: ${yaml(source.name)}, table: ${table}, configuration: { custom_name: ${yaml(custom)} } }`;
}

const notTexts = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function yaml(text: string): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(text) && !notTexts.test(text) ? text : JSON.stringify(text);
}

/** A lookup by a unique key that is left out, since another table holds its name. */
export function noLookup(table: Table, key: Key, name: string, holder: string): CatalogIssue {
  const reason =
    `The root field "${name}" for the key ${key.name} belongs to ${holder}, so rows cannot be looked up by this key. ` +
    `Name it in custom_root_fields as select_by_${key.name}.`;
  return { severity: 'note', where: table.id, reason };
}
