import type { Table } from '../catalog/index.ts';
import type { Plan, Root } from './model/plan.ts';
import type { Aggregate, Field, Select } from './model/select.ts';
import type { ConnectionPart, ConnectionPlan } from './reading/connection.ts';

/** The keys of the rows in a part of an answer. Those of a list apply to each of its rows. */
export interface RowKeys {
  /** The parts of the key of each row, as paths of response keys; `null`: not a list, or its rows have no key in the answer. */
  readonly key: readonly (readonly string[])[] | null;
  /** The row keys within the fields, by response key. */
  readonly fields: ReadonlyMap<string, RowKeys>;
}

const known = new WeakMap<Plan, RowKeys>();

/** Where the answer of a plan has lists, and which fields are the keys of their rows. */
export function rowKeysOf(plan: Plan): RowKeys {
  let keys = known.get(plan);
  if (keys === undefined) {
    keys = ofRoots(plan.roots);
    known.set(plan, keys);
  }
  return keys;
}

const nowhere: RowKeys = { key: null, fields: new Map() };

function ofRoots(roots: readonly Root[]): RowKeys {
  return { key: null, fields: new Map(roots.map((root) => [root.key, ofRoot(root)])) };
}

function ofRoot(root: Root): RowKeys {
  switch (root.kind) {
    case 'namespace':
      return ofRoots(root.roots);
    case 'list':
    case 'one':
      return ofSelect(root.select);
    case 'aggregate':
      return ofAggregate(root.aggregate);
    case 'connection':
      return ofConnection(root.connection);
    default:
      return nowhere;
  }
}

function ofSelect({ table, fields }: Select): RowKeys {
  return { key: keyIn(table, fields), fields: ofFields(fields) };
}

function ofFields(fields: readonly Field[]): Map<string, RowKeys> {
  return new Map(
    fields.flatMap((field): [string, RowKeys][] => {
      if (field.kind === 'object' || field.kind === 'array') return [[field.key, ofSelect(field.select)]];
      return field.kind === 'aggregate' ? [[field.key, ofAggregate(field.aggregate)]] : [];
    }),
  );
}

function ofAggregate({ parts }: Aggregate): RowKeys {
  const fields = parts.flatMap((part): [string, RowKeys][] => {
    if (part.kind === 'nodes') return [[part.key, ofSelect(part.select)]];
    if (part.kind !== 'group_by') return [];
    const group = part.group.parts.find(({ kind }) => kind === 'group_key');
    return [[part.key, { key: group === undefined ? null : [[group.key]], fields: new Map() }]];
  });
  return { key: null, fields: new Map(fields) };
}

function ofConnection({ select, parts }: ConnectionPlan): RowKeys {
  const nodes = (indexes: readonly number[]): RowKeys =>
    ofSelect({ ...select, fields: indexes.map((index) => select.fields[index]!) });
  const fields = parts.flatMap((part): [string, RowKeys][] => {
    if (part.kind === 'nodes') return [[part.key, nodes(part.fields)]];
    return part.kind === 'edges' ? [[part.key, ofEdges(part, nodes)]] : [];
  });
  return { key: null, fields: new Map(fields) };
}

/** Edges have the key of their node; without one in the answer, the cursor. */
function ofEdges(
  { parts }: Extract<ConnectionPart, { kind: 'edges' }>,
  nodes: (indexes: readonly number[]) => RowKeys,
): RowKeys {
  const fields = new Map<string, RowKeys>();
  let key: RowKeys['key'] = null;
  for (const part of parts) {
    if (part.kind === 'cursor') key ??= [[part.key]];
    if (part.kind !== 'node') continue;
    const node = nodes(part.fields);
    fields.set(part.key, node);
    if (node.key !== null) key = node.key.map((path) => [part.key, ...path]);
  }
  return { key, fields };
}

/** The fields that together are the primary key, or `node_id`, which contains all of it. */
function keyIn({ primaryKey }: Table, fields: readonly Field[]): RowKeys['key'] {
  const id = fields.find(({ kind }) => kind === 'node_id');
  if (id !== undefined) return [[id.key]];
  if (primaryKey === null) return null;
  const parts = primaryKey.columns.map(({ name }) =>
    fields.find((field) => field.kind === 'column' && field.column.name === name && field.jsonPath === null),
  );
  return parts.every((part) => part !== undefined) ? parts.map(({ key }) => [key]) : null;
}
