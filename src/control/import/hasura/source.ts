import type { TableMetadata, TableName } from '../../../catalog/index.ts';
import { parseSourceName } from '../../../core/index.ts';
import { kindFacts, kindNames, type SourceConfig, type SourceKind } from '../../../views/index.ts';
import { connectionOf } from './connection.ts';
import { type Findings, isEmpty } from './findings.ts';
import { fitting } from './fitting.ts';
import { type Entry, isEntry } from './read-tree.ts';
import { tableEntryOf } from './table-entry.ts';
import { tableNameOf } from './tables.ts';

/** Hasura's kinds of sources that Foz supports, each with the kind in Foz. */
const kinds: ReadonlyMap<string, SourceKind> = new Map(
  kindNames.flatMap((kind) => (kindFacts(kind).hasura?.kinds ?? []).map((name) => [name, kind] as const)),
);

const handled = ['name', 'kind', 'tables', 'configuration', 'customization'];
/** Lists whose items are reported one by one. */
const lists = {
  functions: ['function', 'tracked functions are not supported: use a view, or a service beside Foz'],
  native_queries: ['native query', 'native queries are not supported: use a view'],
  logical_models: ['logical model', 'logical models are not supported: use a view'],
  stored_procedures: ['stored procedure', 'stored procedures are not supported'],
} as const;
const reasons: Readonly<Record<string, string>> = {
  query_tags: 'statements have no tags',
  health_check: 'sources are watched without a query of their own',
};

/** The imported databases, with their names in Foz. Reports the others. */
export function sourceNames(sources: readonly Entry[], findings: Findings): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const source of sources) {
    const name = String(source.name);
    const kind = String(source.kind ?? 'postgres').toLowerCase();
    if (!kinds.has(kind)) {
      findings.add(
        source,
        'kind',
        `database ${name}`,
        `left out with its tables: databases of the kind ${source.kind} cannot be attached`,
      );
      continue;
    }
    const own = freeName(name, new Set(names.values()));
    if (own !== name)
      findings.add(
        source,
        'name',
        `database ${name}`,
        `is called ${own}: names have letters, digits, _ and -`,
      );
    names.set(name, own);
  }
  return names;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').replace(/^[^A-Za-z]/, 'db_$&');
  const stem = plain.slice(0, 56) || 'db';
  for (let number = 1; ; number++) {
    const free = number === 1 ? (parseSourceName(plain) ?? stem) : `${stem}_${number}`;
    if (!taken.has(free)) return free;
  }
}

/** Converts one database and the metadata of its tables. */
export function sourceOf(
  given: Entry,
  names: ReadonlyMap<string, string>,
  findings: Findings,
): { readonly source: SourceConfig; readonly tables: readonly TableMetadata[] } | undefined {
  const name = names.get(String(given.name))!;
  const kind = kinds.get(String(given.kind ?? 'postgres').toLowerCase())!;
  const entries = Array.isArray(given.tables) ? given.tables.filter(isEntry) : [];
  const tables = entries.flatMap((entry) => tableEntryOf(entry, name, names, findings) ?? []);
  for (const [key, [word, reason]] of Object.entries(lists))
    for (const item of Array.isArray(given[key]) ? given[key].filter(isEntry) : [])
      findings.add(item, undefined, `${name}: ${word} ${spelled(item)}`, reason);
  findings.addRest(given, [...handled, ...Object.keys(lists)], name, reasons);
  const made: SourceConfig = {
    name,
    kind,
    ...connectionOf(kind, given, name, findings),
    ...patternsOf(kind, tables),
    ...customizationOf(given.customization, name, findings),
  };
  const source = fitting('source', made, { given, where: name, findings });
  return source === undefined ? undefined : { source, tables };
}

function spelled({ name, root_field_name, function: fn, stored_procedure: procedure }: Entry): string {
  const given = name ?? root_field_name ?? fn ?? procedure;
  const table = tableNameOf(given);
  return typeof table === 'object' ? `${table.schema}.${table.name}` : (table ?? '');
}

/** Patterns for the tracked tables only; without tracked tables, no table. */
function patternsOf(
  kind: SourceKind,
  tables: readonly TableMetadata[],
): Pick<SourceConfig, 'tables' | 'namespaces'> {
  if (tables.length === 0) return { tables: { exclude: ['*'] } };
  const { namespaces } = kindFacts(kind);
  const standard = namespaces === false ? null : namespaces.standard;
  const schemas = tables.map(({ table }) => schemaOf(table) ?? standard);
  const include = tables.map(({ table }, at) =>
    [schemas[at], nameOf(table)].filter((part) => part != null).join('.'),
  );
  const named = [...new Set(schemas.filter((schema) => schema !== null))].sort();
  const onlyStandard = namespaces === false || named.length === 0 || schemas.includes(null);
  return {
    ...(onlyStandard ? {} : { namespaces: { include: named } }),
    tables: { include: [...new Set(include)].sort() },
  };
}

const schemaOf = (table: TableName) => (typeof table === 'string' ? null : (table.schema ?? null));
const nameOf = (table: TableName) => (typeof table === 'string' ? table : table.name);

function customizationOf(
  given: unknown,
  name: string,
  findings: Findings,
): Pick<SourceConfig, 'naming' | 'customization'> {
  if (!isEntry(given)) return {};
  findings.addRest(given, ['root_fields', 'type_names', 'naming_convention'], `${name}: customization`);
  const part = (key: string, of: readonly string[]) => {
    const group = given[key];
    if (!isEntry(group)) return [];
    findings.addRest(group, of, `${name}: ${key}`);
    const settings = of.flatMap((word) => (isEmpty(group[word]) ? [] : [[word, group[word]]]));
    return settings.length === 0 ? [] : [[key, Object.fromEntries(settings)]];
  };
  const customization = Object.fromEntries([
    ...part('root_fields', ['namespace', 'prefix', 'suffix']),
    ...part('type_names', ['prefix', 'suffix']),
  ]);
  const naming = given.naming_convention;
  return {
    ...(naming === 'graphql-default' || naming === 'hasura-default' ? { naming } : {}),
    ...(Object.keys(customization).length === 0 ? {} : { customization }),
  };
}
