import type { Scopes } from '../access/index.ts';

/** Scopes as configuration and control store spell them. An absent part narrows nothing. */
export interface ScopesConfig {
  readonly operations?: readonly Operation[];
  readonly sources?: readonly string[];
  readonly tables?: readonly string[];
}

type Operation = 'read' | 'write' | 'subscribe';

/** A table by its names. */
export interface ScopedTable {
  readonly source: string;
  readonly namespace: string | null;
  readonly table: string;
}

const kinds = { query: 'read', mutation: 'write', subscription: 'subscribe' } as const;

/** The scopes of a session; `undefined`: nothing is narrowed. */
export function scopesOf(config: ScopesConfig | undefined): Scopes | undefined {
  const { operations, sources, tables } = config ?? {};
  if (operations === undefined && sources === undefined && tables === undefined) return undefined;
  const sorted = (list: readonly string[] | undefined) =>
    list === undefined ? null : [...new Set(list)].sort();
  const allowed = new Set(operations ?? (['read', 'write', 'subscribe'] as const));
  const parts = { operations: [...allowed].sort(), sources: sorted(sources), tables: sorted(tables) };
  return Object.freeze({ ...parts, operations: allowed, text: JSON.stringify(parts) });
}

/** Whether operations of this kind are permitted. */
export function allowsOperation(scopes: Scopes | undefined, operation: keyof typeof kinds): boolean {
  return scopes === undefined || scopes.operations.has(kinds[operation]);
}

/** Whether a table is within the scopes: its source must match `sources`, and the table must match `tables`. */
export function allowsTable(scopes: Scopes | undefined, { source, namespace, table }: ScopedTable): boolean {
  if (scopes === undefined) return true;
  if (scopes.sources !== null && !scopes.sources.some((pattern) => matches(pattern, [source]))) return false;
  if (scopes.tables === null) return true;
  return scopes.tables.some(
    (pattern) =>
      matches(pattern, [source, table]) ||
      (namespace !== null && matches(pattern, [source, namespace, table])),
  );
}

/** Matches names part by part; `*` stands for any characters within a part. Case-sensitive. */
function matches(pattern: string, names: readonly string[]): boolean {
  const parts = pattern.split('.');
  return parts.length === names.length && parts.every((part, at) => matchesPart(part, names[at]!));
}

/** Matches without backtracking: the pieces between stars are found from left to right. */
function matchesPart(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return pattern === name;
  const [first, last] = [pieces[0]!, pieces.at(-1)!];
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let from = first.length;
  const end = name.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
