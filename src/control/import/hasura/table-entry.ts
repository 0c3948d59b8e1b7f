import type { ColumnConfig, TableConfiguration, TableMetadata } from '../../../catalog/index.ts';
import { eventTriggersOf } from './event-triggers.ts';
import { type Findings, isEmpty } from './findings.ts';
import { fitting } from './fitting.ts';
import { permissionsOf } from './permissions.ts';
import { type Entry, isEntry } from './read-tree.ts';
import { relationshipsOf } from './relationships.ts';
import { spelledTable, tableNameOf } from './tables.ts';

const handled = [
  'table',
  'is_enum',
  'configuration',
  'object_relationships',
  'array_relationships',
  'remote_relationships',
  'computed_fields',
  'event_triggers',
  'select_permissions',
  'insert_permissions',
  'update_permissions',
  'delete_permissions',
];

const reasons: Readonly<Record<string, string>> = {
  apollo_federation_config: 'Foz is no subgraph of a federation',
};

/** Converts the metadata of one table; `undefined`: Foz cannot express its name. `source`: the source's name in Foz. */
export function tableEntryOf(
  given: Entry,
  source: string,
  sources: ReadonlyMap<string, string>,
  findings: Findings,
): TableMetadata | undefined {
  const table = tableNameOf(given.table);
  if (table === undefined) {
    findings.add(given, 'table', source, 'this is no name of a table that Foz knows');
    return undefined;
  }
  const where = `${source}.${spelledTable(table)}`;
  const { relationships, fields } = relationshipsOf(given, where, sources, findings);
  const triggers = eventTriggersOf(given.event_triggers, where, findings);
  findings.addRest(given, handled, where, reasons);
  const configuration = configurationOf(given.configuration, where, findings);
  const made: TableMetadata = {
    source,
    table,
    ...(given.is_enum === true ? { is_enum: true } : {}),
    ...(isEmpty(configuration) ? {} : { configuration }),
    ...relationships,
    ...permissionsOf(given, where, fields, findings),
    ...(triggers.length === 0 ? {} : { event_triggers: triggers }),
  };
  return fitting('table', made, { given, where, findings });
}

function configurationOf(given: unknown, where: string, findings: Findings): TableConfiguration {
  if (!isEntry(given)) return {};
  const fields = rootFieldsOf(given.custom_root_fields, where, findings);
  const columns = columnsOf(given, where, findings);
  findings.addRest(
    given,
    ['custom_name', 'custom_root_fields', 'custom_column_names', 'column_config', 'comment'],
    where,
  );
  return {
    ...(isEmpty(given.custom_name) ? {} : { custom_name: String(given.custom_name) }),
    ...(isEmpty(fields) ? {} : { custom_root_fields: fields }),
    ...(isEmpty(columns) ? {} : { column_config: columns }),
    ...(isEmpty(given.comment) ? {} : { comment: String(given.comment) }),
  };
}

const rootFields = [
  'select',
  'select_by_pk',
  'select_aggregate',
  'select_stream',
  'insert',
  'insert_one',
  'update',
  'update_by_pk',
  'update_many',
  'delete',
  'delete_by_pk',
];

/** Each value is a name, or `{ name, comment }`. */
function rootFieldsOf(given: unknown, where: string, findings: Findings): Readonly<Record<string, string>> {
  if (!isEntry(given)) return {};
  const found: Record<string, string> = {};
  for (const [field, value] of Object.entries(given)) {
    if (isEmpty(value)) continue;
    const name = isEntry(value) ? value.name : value;
    if (!rootFields.includes(field))
      findings.add(given, field, `${where}: root field ${field}`, 'Foz has no such root field');
    else if (typeof name === 'string') found[field] = name;
    if (isEntry(value) && !isEmpty(value.comment))
      findings.add(
        given,
        field,
        `${where}: comment of root field ${field}`,
        'root fields have no comments of their own',
      );
  }
  return found;
}

function columnsOf(given: Entry, where: string, findings: Findings): Readonly<Record<string, ColumnConfig>> {
  const found: Record<string, ColumnConfig> = {};
  for (const [column, name] of Object.entries(
    isEntry(given.custom_column_names) ? given.custom_column_names : {},
  ))
    if (typeof name === 'string') found[column] = { custom_name: name };
  for (const [column, config] of Object.entries(isEntry(given.column_config) ? given.column_config : {})) {
    if (!isEntry(config)) continue;
    const { custom_name, comment } = config;
    const read = {
      ...found[column],
      ...(isEmpty(custom_name) ? {} : { custom_name: String(custom_name) }),
      ...(isEmpty(comment) ? {} : { comment: String(comment) }),
    };
    findings.addRest(config, ['custom_name', 'comment'], `${where}.${column}`);
    if (!isEmpty(read)) found[column] = read;
  }
  return found;
}
