import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Part, PartKind } from './parts.ts';

type Words = (name: string) => string;

/** The words for a kind of part. */
const subjects = {
  entry: () => 'the table is declared',
  setting: (name) => (Object.hasOwn(settings, name) ? settings[name]! : name),
  column: (name) => `column ${name}`,
  'root field': (name) => `root field ${name}`,
  'object relationship': (name) => `object relationship ${name}`,
  'array relationship': (name) => `array relationship ${name}`,
  'relationship to another source': (name) => `relationship to another source ${name}`,
  validation: (name) => `validation ${JSON.stringify(name)}`,
  read: (name) => `role ${name} may read`,
  insert: (name) => `role ${name} may insert`,
  update: (name) => `role ${name} may update`,
  delete: (name) => `role ${name} may delete`,
  'event trigger': (name) => `event trigger ${name}`,
  'inherited role': (name) => `inherited role ${name}`,
  workflows: (name) => `workflow ${name}`,
  hooks: (name) => `inbound webhook ${name}`,
  syncs: (name) => `sync ${name}`,
  cron_triggers: (name) => `cron trigger ${name}`,
} as const satisfies Record<PartKind, Words>;

const settings: Readonly<Record<string, string>> = {
  tracked: 'tracked',
  is_enum: 'enum',
  audit_reads: 'audit of reads',
  changes: 'how changes are noticed',
  primary_key: 'primary key',
  custom_name: 'GraphQL name',
  comment: 'comment',
};

const fields: Readonly<Record<string, string>> = {
  columns: 'columns',
  filter: 'rows',
  check: 'written rows',
  set: 'presets',
  limit: 'rows of a list at most',
  allow_aggregations: 'aggregates',
  query_root_fields: 'query root fields',
  subscription_root_fields: 'subscription root fields',
  masks: 'masked',
  backend_only: 'from a backend only',
  role_set: 'from roles',
  custom_name: 'GraphQL name',
  foreign_key_constraint_on: 'foreign key',
  remote_table: 'to',
  table: 'to',
  column_mapping: 'columns',
  field_mapping: 'columns',
  relationship_type: 'kind',
};

const removed: Readonly<Partial<Record<PartKind, Words>>> = {
  entry: () => 'the table is no longer declared',
  read: (name) => `role ${name} may no longer read`,
  insert: (name) => `role ${name} may no longer insert`,
  update: (name) => `role ${name} may no longer update`,
  delete: (name) => `role ${name} may no longer delete`,
};

/** `role buyer may read: columns id, total; rows all` */
export function wordsOf(part: Part, change: 'added' | 'removed'): string {
  const wordsRemoved = removed[part.kind];
  if (change === 'removed' && wordsRemoved !== undefined) return wordsRemoved(part.name);
  const subject = subjects[part.kind](part.name);
  if (part.kind === 'entry') return subject;
  if (!isRecord(part.value)) return `${subject}: ${short(part.value)}`;
  const details = Object.entries(flat(part.value)).map(
    ([key, value]) => `${wordOf(key)} ${spelledValue(key, value)}`,
  );
  return details.length === 0 ? subject : `${subject}: ${details.join('; ')}`;
}

/** `role buyer may read: columns + total; rows { id: { _eq: 1 } } instead of all` */
export function differenceOf(before: Part, after: Part): string {
  const subject = after.kind === 'entry' ? 'the table is spelled' : subjects[after.kind](after.name);
  if (!isRecord(before.value) || !isRecord(after.value))
    return `${subject}: ${short(after.value)} instead of ${short(before.value)}`;
  const [old, now] = [flat(before.value), flat(after.value)];
  const keys = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  const details = keys
    .filter((key) => !isDeepStrictEqual(old[key], now[key]))
    .map((key) => `${wordOf(key)} ${changeOf(key, old[key], now[key])}`);
  return `${subject}: ${details.join('; ')}`;
}

/** The members of `permission`, `using` and `definition` moved up to those around them. */
function flat(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const wrappers = ['permission', 'using', 'definition', 'manual_configuration', 'to_source'];
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
      wrappers.includes(key) && isRecord(inner) ? Object.entries(flat(inner)) : [[key, inner]],
    ),
  );
}

function wordOf(key: string): string {
  return Object.hasOwn(fields, key) ? fields[key]! : key.replaceAll('_', ' ');
}

function changeOf(key: string, before: unknown, after: unknown): string {
  if (key === 'steps') return changedSteps(before, after);
  if (after === undefined) return `no longer ${spelledValue(key, before)}`;
  if (before === undefined) return spelledValue(key, after);
  if (isNames(before) && isNames(after)) {
    const more = after.filter((name) => !before.includes(name)).map((name) => `+ ${name}`);
    const less = before.filter((name) => !after.includes(name)).map((name) => `- ${name}`);
    if (more.length + less.length > 0) return [...more, ...less].join(' ');
  }
  return `${spelledValue(key, after)} instead of ${spelledValue(key, before)}`;
}

/** `+ notify ~ pay - old`: the ids of steps that are new, changed and gone. */
function changedSteps(before: unknown, after: unknown): string {
  const [old, now] = [before, after].map(
    (steps) => new Map((Array.isArray(steps) ? steps : []).map((step) => [String(step?.id), step] as const)),
  );
  const marked = [...now!].flatMap(([id, step]) => {
    if (!old!.has(id)) return [`+ ${id}`];
    return isDeepStrictEqual(old!.get(id), step) ? [] : [`~ ${id}`];
  });
  const gone = [...old!.keys()].filter((id) => !now!.has(id)).map((id) => `- ${id}`);
  return [...marked, ...gone].join(' ') || 'in another order';
}

function spelledValue(key: string, value: unknown): string {
  if (key === 'steps' && Array.isArray(value)) return value.map((step) => String(step?.id)).join(', ');
  const isCondition = key === 'filter' || key === 'check';
  if (isCondition && isRecord(value) && Object.keys(value).length === 0) return 'all';
  return value === '*' ? 'all' : short(value);
}

function short(value: unknown): string {
  if (isNames(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === undefined) return 'none';
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
