import { createHash } from 'node:crypto';
import type { CatalogIssue, Key, Source, Table } from '../../catalog/index.ts';
import { offersRoot } from '../column-support.ts';
import type { Members } from './members.ts';

/** The interface of rows with a global id. Relay looks for it by this name, in both conventions. */
export const nodeTypeName = 'Node';
/** The root field that finds a row by its global id; Relay looks for it by this name. */
export const nodeRootName = 'node';

/** Names for the global ids of rows (GraphQL Global Object Identification, with `node_id` instead of `id`). */
export class NodeNames {
  /**
   * `node_id`, or `nodeId` where every source uses graphql-default. The whole graph has one name, since it is a
   * field of an interface.
   */
  readonly field: string;
  readonly #membersOf: (table: Table) => Members;

  constructor(sources: readonly Source[], membersOf: (table: Table) => Members) {
    const camel = sources.length > 0 && sources.every(({ naming }) => naming === 'graphql-default');
    this.field = camel ? 'nodeId' : 'node_id';
    this.#membersOf = membersOf;
  }

  /** The key that the global ids of a table's rows consist of; `null`: the rows have none. */
  key(table: Table): Key | null {
    const key = keyOf(table);
    return key === null || this.#membersOf(table).taken.has(this.field) ? null : key;
  }

  /** Tables whose rows have no global id because another field has its name. */
  issues(tables: readonly Table[]): CatalogIssue[] {
    return tables
      .filter((table) => keyOf(table) !== null && this.#membersOf(table).taken.has(this.field))
      .map(({ id }) => ({
        severity: 'note',
        where: id,
        reason: `A column or relationship of ${id} is called "${this.field}" in the graph, so its rows have no global id and are not of the type ${nodeTypeName}. Give it a custom_name.`,
      }));
  }
}

/** Global ids need the permission to look rows up by their key. A key with masked columns identifies no row. */
function keyOf(table: Table): Key | null {
  const key = table.primaryKey;
  if (key === null || !offersRoot(table, 'select_by_pk', false)) return null;
  return key.columns.some(({ mask }) => mask !== null) ? null : key;
}

const marks = new WeakMap<Table, string>();

/**
 * The prefix of the global ids of a table's rows. It is opaque to clients. It depends only on the names of source,
 * namespace and table in the database, so that renaming in the graph keeps ids valid.
 */
export function nodeMark(table: Table): string {
  let mark = marks.get(table);
  if (mark === undefined) {
    const { name, source, namespace } = table;
    const place = namespace === source.defaultNamespace ? null : namespace;
    const hash = createHash('sha256').update(JSON.stringify([source.name, place, name]));
    mark = hash.digest('base64url').slice(0, 11);
    marks.set(table, mark);
  }
  return mark;
}
