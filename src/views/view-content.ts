import { createHash, randomUUID } from 'node:crypto';
import type { Catalog, Source, Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { View } from './views.ts';

/** Identifies the connector of a source: equal texts for the same connector. */
export type ConnectorIdOf = (source: SourceName) => string;

/**
 * A hash of everything that an engine is built from: its view, its rules, the tables in rules, the sources of all of
 * them, and `besides`. Engines of equal hashes answer alike, so that one can replace the other. A value that cannot
 * be compared (a function) leads to a unique hash.
 */
export function viewContent(
  whole: Catalog,
  view: View,
  connectorIdOf: ConnectorIdOf,
  besides: unknown,
): string {
  const content = new Content(whole, view);
  content.write([besides, view.ruledBy]);
  content.writeTables(connectorIdOf);
  return createHash('sha256').update(content.text()).digest('base64');
}

/** Writes objects that refer to each other in circles. Each is written once, and referred to by its number afterwards. */
class Content {
  readonly #seen = new Map<object, number>();
  readonly #pieces: string[] = [];
  /** The known tables by object: those of the view, with their relationships, and those of the whole catalog. */
  readonly #tables = new Map<object, Table>();
  readonly #sources = new Map<object, Source>();
  /** Tables and sources that were referred to. Their contents are written afterwards. */
  readonly #named = new Set<Table>();
  readonly #namedSources = new Set<Source>();

  constructor(whole: Catalog, view: View) {
    for (const { sources } of [whole, view.catalog])
      for (const source of sources.values()) {
        this.#sources.set(source, source);
        for (const table of source.tables) this.#tables.set(table, table);
      }
    for (const source of view.catalog.sources.values()) {
      this.#namedSources.add(source);
      for (const table of source.tables) {
        this.#named.add(table);
        if (table.access !== null) this.#named.add(table.access.whole);
      }
    }
    this.#related = new Set(this.#named);
  }

  /** Tables whose relationships are written. For others, rules contain the relationships that they use. */
  readonly #related: ReadonlySet<Table>;

  text(): string {
    return this.#pieces.join('\n');
  }

  /** Writes all tables and sources that were referred to, and those that these refer to. A Set may grow during iteration. */
  writeTables(connectorIdOf: ConnectorIdOf): void {
    for (const table of this.#named) {
      const { relationships, ...own } = table;
      this.write(['table', table.id, own, this.#related.has(table) ? relationships : null]);
    }
    for (const source of this.#namedSources) {
      const { tables: _, ...own } = source;
      this.write(['source', own, connectorIdOf(source.name)]);
    }
  }

  write(value: unknown): void {
    if (typeof value !== 'object' || value === null) this.#pieces.push(atom(value));
    else this.#writeObject(value);
  }

  #writeObject(value: object): void {
    const table = this.#tables.get(value);
    const source = this.#sources.get(value);
    if (table !== undefined) {
      this.#named.add(table);
      this.#pieces.push(`table ${table.access === null ? 'whole' : 'seen'} ${table.id}`);
    } else if (source !== undefined) {
      this.#namedSources.add(source);
      this.#pieces.push(`source ${source.name}`);
    } else if (this.#seen.has(value)) {
      this.#pieces.push(`#${this.#seen.get(value)}`);
    } else {
      this.#seen.set(value, this.#seen.size);
      this.#writeParts(value);
    }
  }

  #writeParts(value: object): void {
    if (Array.isArray(value) || value instanceof Set || value instanceof Map) {
      this.#pieces.push('[');
      for (const part of value) this.write(part);
      this.#pieces.push(']');
    } else if (isPlain(value)) {
      this.#pieces.push('{');
      for (const [key, part] of Object.entries(value)) {
        this.#pieces.push(key);
        // The function of a validation rule follows from its other fields.
        if (key !== 'passes') this.write(part);
      }
      this.#pieces.push('}');
    } else this.#pieces.push(odd(value));
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function atom(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return randomUUID();
  return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

function odd(value: object): string {
  if (value instanceof RegExp || value instanceof Date) return `${value.constructor.name} ${String(value)}`;
  return value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('hex')}` : randomUUID();
}
