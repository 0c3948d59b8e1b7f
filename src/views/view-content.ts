import { createHash, randomUUID } from 'node:crypto';
import type { Catalog, Source, Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { View } from './views.ts';

/** What two views must share besides what they hold, source by source: equal texts for the same connector. */
export type MarkOf = (source: SourceName) => string;

/**
 * A hash of everything that an engine is made from: what is seen, the rules, the tables that rules look into, the sources of all
 * of them, and `besides`. Engines of equal hashes answer alike, so that one may stay in the place of the other. What cannot be
 * compared (a function) makes a hash that equals no other.
 */
export function viewContent(whole: Catalog, view: View, markOf: MarkOf, besides: unknown): string {
  const content = new Content(whole, view);
  content.write([besides, view.ruledBy]);
  content.writeTables(markOf);
  return createHash('sha256').update(content.text()).digest('base64');
}

/** Writes things that refer to each other in circles: each is written once, and from then on named by its number. */
class Content {
  readonly #seen = new Map<object, number>();
  readonly #pieces: string[] = [];
  /** Tables by how they are named here: those of the view, whose relationships count, and those of the whole catalog. */
  readonly #tables = new Map<object, Table>();
  readonly #sources = new Map<object, Source>();
  /** Tables and sources that were named; what they hold follows. */
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

  /** Tables whose relationships give names or lead somewhere. Of all others rules name the relationships that they take. */
  readonly #related: ReadonlySet<Table>;

  text(): string {
    return this.#pieces.join('\n');
  }

  /** All tables and sources that were named so far, and those that they name. A set grows while it is walked. */
  writeTables(markOf: MarkOf): void {
    for (const table of this.#named) {
      const { relationships, ...own } = table;
      this.write(['table', table.id, own, this.#related.has(table) ? relationships : null]);
    }
    for (const source of this.#namedSources) {
      const { tables: _, ...own } = source;
      this.write(['source', own, markOf(source.name)]);
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
        // What a rule of validation does is told by what it was made from.
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
