import type { InheritedRoleMetadata, Metadata, TableMetadata } from '../../../catalog/index.ts';
import type { FozConfig } from '../../config/config.ts';
import { cronTriggersOf } from './cron-triggers.ts';
import { type Finding, Findings, isEmpty } from './findings.ts';
import { limitsFrom } from './limits.ts';
import { type AllowedOperations, allowedOperations } from './operations.ts';
import { type Entry, type HasuraTree, isEntry } from './read-tree.ts';
import { sourceNames, sourceOf } from './source.ts';

/** Hasura's metadata converted to Foz's. */
export interface Imported {
  readonly config: Pick<FozConfig, 'numbers' | 'server' | 'sources'>;
  readonly metadata: Metadata;
  readonly operations: AllowedOperations;
  /** Sorted by file and line. */
  readonly findings: readonly Finding[];
}

const handled = [
  'version',
  'sources',
  'tables',
  'functions',
  'inherited_roles',
  'api_limits',
  'cron_triggers',
  'allowlist',
  'query_collections',
];

/** Named items without a counterpart in Foz; each is reported. */
const lists: Readonly<Record<string, readonly [string, string]>> = {
  actions: ['action', 'actions are not supported: put the service beside Foz'],
  remote_schemas: ['remote schema', 'remote schemas are not supported: only databases can be attached'],
  rest_endpoints: ['REST endpoint', 'REST endpoints are not supported: clients send the operation itself'],
};

const reasons: Readonly<Record<string, string>> = {
  custom_types: 'types of actions are not supported',
  network: 'certificates are checked for each source: see "tls"',
  opentelemetry: 'there is no export of traces; metrics are at /metrics',
  metrics_config: 'metrics are at /metrics and have no settings',
  graphql_schema_introspection:
    'introspection cannot be switched off for a role: a role sees only what it may use',
  backend_configs: 'databases are attached without connectors of their own',
};

/** The databases; Hasura 1 had a single one without a list. */
function sourcesOf(root: Entry): readonly Entry[] {
  if (Array.isArray(root.sources)) return root.sources.filter(isEntry);
  const configuration = { connection_info: { database_url: { from_env: 'HASURA_GRAPHQL_DATABASE_URL' } } };
  return [
    { name: 'default', kind: 'postgres', configuration, tables: root.tables, functions: root.functions },
  ];
}

/** Converts what has a counterpart in Foz, and reports everything else. */
export function convertHasura(tree: HasuraTree): Imported {
  const { root } = tree;
  const findings = new Findings(tree);
  const given = sourcesOf(root);
  const names = sourceNames(given, findings);
  const read = given
    .filter(({ name }) => names.has(String(name)))
    .flatMap((source) => sourceOf(source, names, findings) ?? []);
  const tables = read.flatMap((source) => source.tables);
  const inherited = inheritedRoles(root, findings);
  const limits = limitsFrom(root.api_limits, findings);
  const roles = [
    ...new Set([...tables.flatMap(rolesOf), ...inherited.map(({ role_name }) => role_name)]),
  ].sort();
  const cron = cronTriggersOf(root, findings);
  const operations = allowedOperations(root, roles, findings);
  reportLists(root, findings);
  return {
    config: {
      // Hasura's default.
      numbers: 'number',
      ...(limits === undefined ? {} : { server: { limits } }),
      sources: read.map(({ source }) => source),
    },
    metadata: {
      tables,
      ...(inherited.length === 0 ? {} : { inherited_roles: inherited }),
      ...(cron.length === 0 ? {} : { cron_triggers: cron }),
    },
    operations,
    findings: sorted(findings.list),
  };
}

function inheritedRoles(root: Entry, findings: Findings): InheritedRoleMetadata[] {
  const list = Array.isArray(root.inherited_roles) ? root.inherited_roles.filter(isEntry) : [];
  return list.flatMap((entry) => {
    const { role_name, role_set, comment } = entry;
    const where = `inherited role ${role_name}`;
    findings.addRest(entry, ['role_name', 'role_set', 'comment'], where);
    if (typeof role_name === 'string' && Array.isArray(role_set) && role_set.length > 0)
      return [
        {
          role_name,
          role_set: role_set.map(String),
          ...(isEmpty(comment) ? {} : { comment: String(comment) }),
        },
      ];
    findings.add(entry, undefined, where, 'left out: it names no roles');
    return [];
  });
}

function rolesOf(table: TableMetadata): string[] {
  const { select_permissions, insert_permissions, update_permissions, delete_permissions } = table;
  return [select_permissions, insert_permissions, update_permissions, delete_permissions].flatMap((list) =>
    (list ?? []).map(({ role }) => role),
  );
}

function reportLists(root: Entry, findings: Findings): void {
  for (const [key, [word, reason]] of Object.entries(lists))
    for (const item of Array.isArray(root[key]) ? root[key].filter(isEntry) : [])
      findings.add(item, undefined, `${word} ${item.name}`, reason);
  const types = isEntry(root.custom_types) ? Object.values(root.custom_types) : [];
  const emptyTypes = types.every(isEmpty) ? ['custom_types'] : [];
  findings.addRest(root, [...handled, ...Object.keys(lists), ...emptyTypes], 'metadata', reasons);
}

function sorted(list: readonly Finding[]): Finding[] {
  return [...list].sort((a, b) =>
    a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
  );
}
