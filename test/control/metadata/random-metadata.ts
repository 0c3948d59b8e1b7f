import type {
  BoolExp,
  ColumnConfig,
  Metadata,
  PermissionMetadata,
  RelationshipMetadata,
  TableMetadata,
  TableName,
} from '../../../src/catalog/index.ts';

type Random = () => number;

/** Random numbers from 0 to 1, determined by the seed. */
export function randomNumbers(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const texts = [
  'orders',
  'Orders',
  'order lines',
  'true',
  'null',
  '~',
  '1',
  '1.0',
  '0x1f',
  '2030-01-01',
  '# no comment',
  'a: b',
  '- a',
  '*',
  '&a',
  '!include x',
  '%',
  '@',
  '`',
  "it's",
  '"',
  '\\',
  ' lead',
  'trail ',
  'two\nlines',
  'two\n\nlines\n',
  'tab\there',
  '\u00e4\u00f6\u4e2d\ud83d\ude00',
  '$' + '{env:HOME}',
  'x'.repeat(200),
  'word '.repeat(50).trim(),
  'X-Foz-User-Id',
  '<<',
  '=',
  'yes',
  '12e3',
  '',
] as const;

const pick = <T>(random: Random, of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
const some = <T>(random: Random, most: number, make: () => T): T[] =>
  Array.from({ length: Math.floor(random() * (most + 1)) }, make);
const maybe = <K extends string, T>(random: Random, key: K, make: () => T): { [P in K]?: T } =>
  random() < 0.5 ? {} : ({ [key]: make() } as { [P in K]?: T });
const text = (random: Random) => pick(random, texts);
const full = (random: Random) => text(random) || 'full';
const unique = (random: Random, most: number) => [...new Set(some(random, most, () => full(random)))];

function value(random: Random, depth = 2): unknown {
  const kind = random();
  if (depth > 0 && kind < 0.15) return some(random, 3, () => value(random, depth - 1));
  if (depth > 0 && kind < 0.3) return { [full(random)]: value(random, depth - 1) };
  return pick(random, [text(random), 0, -1, 1.5, 1e-7, 9007199254740991, true, false, null]);
}

function condition(random: Random, depth = 3): BoolExp {
  const kind = random();
  if (depth === 0 || kind < 0.4) return kind < 0.1 ? {} : { [full(random)]: { _eq: value(random) } };
  if (kind < 0.6)
    return { [pick(random, ['_and', '_or'])]: some(random, 3, () => condition(random, depth - 1)) };
  if (kind < 0.75) return { _not: condition(random, depth - 1) };
  if (kind < 0.85) return { _exists: { _table: table(random), _where: condition(random, depth - 1) } };
  return { [`r_${full(random)}`]: condition(random, depth - 1) };
}

function table(random: Random): TableName {
  const name = text(random);
  if (random() < 0.5) return name;
  return { ...maybe(random, 'schema', () => pick(random, [text(random), null])), name };
}

const pairs = (random: Random) =>
  Object.fromEntries([full(random), ...unique(random, 2)].map((name) => [name, text(random)]));

function relationship(random: Random): RelationshipMetadata {
  const using: RelationshipMetadata['using'] = pick(random, [
    { foreign_key_constraint_on: text(random) },
    { foreign_key_constraint_on: unique(random, 3) },
    { foreign_key_constraint_on: { table: table(random), columns: unique(random, 3) } },
    { manual_configuration: { remote_table: table(random), column_mapping: pairs(random) } },
  ]);
  return { name: text(random), ...maybe(random, 'comment', () => text(random)), using };
}

function permissions<T>(random: Random, make: () => T): PermissionMetadata<T>[] {
  return some(random, 3, () => ({
    role: full(random),
    ...maybe(random, 'comment', () => text(random)),
    permission: make(),
  }));
}

const columns = (random: Random) => (random() < 0.3 ? ('*' as const) : unique(random, 4));
const preset = (random: Random) =>
  maybe(random, 'set', () => Object.fromEntries(unique(random, 3).map((name) => [name, value(random)])));
const backend = (random: Random) => maybe(random, 'backend_only', () => random() < 0.5);

function columnConfig(random: Random): ColumnConfig {
  return {
    ...maybe(random, 'custom_name', () => text(random)),
    ...maybe(random, 'comment', () => pick(random, [text(random), null])),
    ...maybe(random, 'hidden', () => random() < 0.5),
    ...maybe(random, 'validation', () => [
      { pattern: text(random), min: 1 },
      { json_schema: { type: full(random) } },
    ]),
  };
}

function configuration(random: Random): TableMetadata['configuration'] {
  return {
    ...maybe(random, 'custom_name', () => text(random)),
    ...maybe(random, 'custom_root_fields', () => ({ select: text(random), 'select_by_a key': text(random) })),
    ...maybe(random, 'column_config', () =>
      Object.fromEntries(unique(random, 4).map((name) => [name, columnConfig(random)])),
    ),
    ...maybe(random, 'comment', () => text(random)),
  };
}

function rights(random: Random): Partial<TableMetadata> {
  const limited = { query_root_fields: ['select'], subscription_root_fields: [] } as const;
  return {
    ...maybe(random, 'select_permissions', () =>
      permissions(random, () => ({
        columns: columns(random),
        filter: condition(random),
        ...maybe(random, 'limit', () => pick(random, [0, 10, null])),
        ...maybe(random, 'masks', () => ({ [full(random)]: condition(random) })),
        ...(random() < 0.5 ? {} : limited),
      })),
    ),
    ...maybe(random, 'insert_permissions', () =>
      permissions(random, () => ({
        columns: columns(random),
        check: condition(random),
        ...preset(random),
        ...backend(random),
      })),
    ),
    ...maybe(random, 'update_permissions', () =>
      permissions(random, () => ({
        columns: columns(random),
        filter: condition(random),
        ...maybe(random, 'check', () => pick(random, [condition(random), null])),
        ...preset(random),
      })),
    ),
    ...maybe(random, 'delete_permissions', () =>
      permissions(random, () => ({ filter: condition(random), ...backend(random) })),
    ),
  };
}

/** Random metadata of every kind, with texts that are hard to write as YAML. */
export function randomMetadata(random: Random): Metadata {
  const seen = new Set<string>();
  const tables = some(random, 5, (): TableMetadata => {
    const to = { source: 'desk', table: table(random), field_mapping: pairs(random) };
    return {
      source: pick(random, ['shop', 'desk', 'Shop_2']),
      table: table(random),
      ...maybe(random, 'tracked', () => random() < 0.5),
      ...maybe(random, 'is_enum', () => random() < 0.5),
      ...maybe(random, 'audit_reads', () => random() < 0.5),
      ...maybe(random, 'primary_key', () => [full(random)]),
      ...maybe(random, 'configuration', () => configuration(random)),
      ...maybe(random, 'object_relationships', () => some(random, 3, () => relationship(random))),
      ...maybe(random, 'array_relationships', () => some(random, 3, () => relationship(random))),
      ...maybe(random, 'remote_relationships', () => [
        { name: text(random), definition: { to_source: { ...to, relationship_type: 'array' as const } } },
      ]),
      ...maybe(random, 'validations', () => [{ check: condition(random), message: full(random) }]),
      ...rights(random),
    };
  }).filter((entry) => {
    const { schema = null, name } = typeof entry.table === 'string' ? { name: entry.table } : entry.table;
    const key = JSON.stringify([entry.source, schema ?? '', name]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
  return {
    tables,
    ...maybe(random, 'inherited_roles', () =>
      some(random, 3, () => ({
        role_name: full(random),
        role_set: [...new Set([full(random), full(random)])],
      })),
    ),
  };
}
