import type { TableMetadata } from '../../../catalog/index.ts';
import type { ConditionTable } from './conditions.ts';
import { type Findings, isEmpty } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';
import { spelledTable, tableNameOf } from './tables.ts';

type Relationships = Pick<
  TableMetadata,
  'object_relationships' | 'array_relationships' | 'remote_relationships'
>;

/** Converts the relationships of a table. `sources`: the names of imported sources. */
export function relationshipsOf(
  entry: Entry,
  where: string,
  sources: ReadonlyMap<string, string>,
  findings: Findings,
): { readonly relationships: Relationships; readonly fields: ConditionTable } {
  const lost = new Map<string, string>();
  const names = new Set<string>();
  const read = (key: string, one: (given: Entry, where: string) => Entry | string) => {
    const list = Array.isArray(entry[key]) ? entry[key].filter(isEntry) : [];
    const taken = list.flatMap((given) => {
      const found = one(given, `${where}: relationship ${given.name}`);
      if (typeof found !== 'string') {
        names.add(String(given.name));
        return [found];
      }
      findings.add(given, undefined, `${where}: relationship ${given.name}`, found);
      lost.set(String(given.name), `the relationship ${given.name} is not taken over: ${found}`);
      return [];
    });
    return taken.length === 0 ? [] : [[key, taken]];
  };
  const relationships = Object.fromEntries([
    ...read('object_relationships', (given, at) => localOf(given, at, findings)),
    ...read('array_relationships', (given, at) => localOf(given, at, findings)),
    ...read('remote_relationships', (given) => remoteOf(given, sources)),
  ]) as Relationships;
  for (const field of Array.isArray(entry.computed_fields) ? entry.computed_fields : []) {
    if (!isEntry(field)) continue;
    findings.add(
      field,
      undefined,
      `${where}: computed field ${field.name}`,
      'computed fields are not supported: put it into a view or a generated column',
    );
    lost.set(String(field.name), `${field.name} is a computed field`);
  }
  return { relationships, fields: { relationships: names, lost } };
}

const commentOf = (comment: unknown) => (isEmpty(comment) ? {} : { comment });

function localOf({ name, comment, using }: Entry, where: string, findings: Findings): Entry | string {
  if (!isEntry(using)) return 'it does not say what it uses';
  const { foreign_key_constraint_on: key, manual_configuration: manual } = using;
  if (isEntry(manual)) {
    const table = tableNameOf(manual.remote_table);
    if (table === undefined) return 'the table that it leads to has no name that Foz knows';
    findings.addRest(manual, ['remote_table', 'column_mapping', 'source'], where, {
      insertion_order: 'nested inserts are ordered by the foreign keys of the tables',
    });
    const { column_mapping } = manual;
    return {
      name,
      ...commentOf(comment),
      using: { manual_configuration: { remote_table: table, column_mapping } },
    };
  }
  if (typeof key === 'string' || Array.isArray(key))
    return { name, ...commentOf(comment), using: { foreign_key_constraint_on: key } };
  const table = isEntry(key) ? tableNameOf(key.table) : undefined;
  if (!isEntry(key) || table === undefined) return 'it names neither a foreign key nor columns';
  // A single column may be given without a list.
  const columns = key.columns ?? key.column;
  if (typeof columns !== 'string' && !Array.isArray(columns))
    return 'it does not say which columns the foreign key has';
  const on = typeof columns === 'string' ? { table, column: columns } : { table, columns };
  return { name, ...commentOf(comment), using: { foreign_key_constraint_on: on } };
}

function remoteOf(
  { name, comment, definition, ...older }: Entry,
  sources: ReadonlyMap<string, string>,
): Entry | string {
  if (isEntry(older.remote_field) || !isEntry(definition) || !isEntry(definition.to_source))
    return 'relationships to remote schemas are not supported: only databases can be attached';
  const { source, table, relationship_type, field_mapping, compare } = definition.to_source;
  const to = sources.get(String(source));
  if (to === undefined) return `the database ${source} is not taken over`;
  const target = tableNameOf(table);
  if (target === undefined) return `${spelledTable(String(table))} is no name of a table that Foz knows`;
  return {
    name,
    ...commentOf(comment),
    definition: {
      to_source: {
        source: to,
        table: target,
        relationship_type,
        field_mapping,
        // A setting of Foz: the folder may be the result of an earlier import that was edited since.
        ...(compare === undefined ? {} : { compare }),
      },
    },
  };
}
