import type { Table } from '../catalog/index.ts';
import type { SourceName } from '../core/index.ts';
import type { Aggregate, CombinedRoot, Root, RunResult, Select } from '../plan/index.ts';
import { type PreparedChanges, prepareChanges } from './changes.ts';
import { type Explained, explainFetch } from './explain.ts';
import { fetchTexts, listText, type Running, runStatement } from './fetch.ts';
import { type ConnectorOf, prepareFetch, statementsOf } from './prepare.ts';
import { type PreparedConnection, prepareConnection } from './relay-connection.ts';
import { type PreparedStream, prepareStream } from './stream.ts';

/** A prepared root field, or several that share a statement. `run` returns JSON texts by response key. */
export interface PreparedRoot {
  readonly source: SourceName;
  /** Statements per source, for the decision whether a snapshot is needed. */
  readonly statements: ReadonlyMap<SourceName, number>;
  run(running: Running): Promise<ReadonlyMap<Root, string>>;
  explain(): readonly Explained[];
}

type ReadRoot = Extract<Root, { kind: 'list' | 'one' | 'aggregate' | 'connection' | 'stream' | 'changes' }>;

const readKinds: ReadonlySet<Root['kind']> = new Set([
  'list',
  'one',
  'aggregate',
  'connection',
  'stream',
  'changes',
]);

/** A root field that reads from a source. */
export function isRead(root: Root): root is ReadRoot {
  return readKinds.has(root.kind);
}

/** Prepares the root reads of a plan; those of one source share a statement where the engine can. */
export function prepareReads(connectorOf: ConnectorOf, roots: readonly ReadRoot[]): PreparedRoot[] {
  const shared = new Map<SourceName, ReadRoot[]>();
  const prepared: PreparedRoot[] = [];
  for (const root of roots) {
    const source = sourceOf(root);
    if (connectorOf(source).capabilities.combinedRoots && fitsJson(root)) {
      const group = shared.get(source);
      if (group === undefined) shared.set(source, [root]);
      else group.push(root);
    } else prepared.push(prepareRoot(connectorOf, root));
  }
  for (const [source, group] of shared) {
    if (group.length === 1 && leavesAsRows(group[0]!)) prepared.push(prepareRoot(connectorOf, group[0]!));
    else prepared.push(prepareShared(connectorOf, source, group));
  }
  return prepared;
}

function sourceOf(root: ReadRoot): SourceName {
  return tableOf(root).source.name;
}

function tableOf(root: ReadRoot): Table {
  switch (root.kind) {
    case 'aggregate':
      return root.aggregate.table;
    case 'connection':
      return root.connection.select.table;
    case 'stream':
      return root.stream.select.table;
    case 'changes':
      return root.changes.table;
    default:
      return root.select.table;
  }
}

/** Whether the database itself can build everything below as JSON. */
function fitsJson(root: ReadRoot): boolean {
  if (root.kind === 'connection' || root.kind === 'stream' || root.kind === 'changes') return false;
  if (root.kind === 'aggregate') return aggregateFits(root.aggregate);
  return selectFits(root.select);
}

function selectFits(select: Select): boolean {
  return select.fields.every((field) => {
    if (field.kind === 'object') return isLocal(field.relationship) && selectFits(field.select);
    if (field.kind === 'array') return !field.relationship.remote && selectFits(field.select);
    if (field.kind === 'node_id') return false;
    if (field.kind === 'aggregate') return !field.relationship.remote && aggregateFits(field.aggregate);
    return true;
  });
}

function isLocal(relationship: {
  readonly remote: boolean;
  readonly unique: boolean;
  readonly to: Table;
}): boolean {
  return !relationship.remote && (relationship.unique || relationship.to.primaryKey !== null);
}

function aggregateFits(aggregate: Aggregate): boolean {
  return aggregate.parts.every((part) => part.kind !== 'nodes' || selectFits(part.select));
}

/** Whether the rows are read as columns. A single row costs less as columns; a list costs less as one JSON text built by the database. */
function leavesAsRows(root: ReadRoot): boolean {
  if (root.kind === 'list') return false;
  if (root.kind !== 'aggregate') return true;
  return !root.aggregate.parts.some((part) => part.kind === 'nodes' || part.kind === 'group_by');
}

function prepareShared(
  connectorOf: ConnectorOf,
  source: SourceName,
  roots: readonly ReadRoot[],
): PreparedRoot {
  const fetch = prepareFetch(connectorOf, source, { kind: 'roots', roots: roots.map(combinedRoot) });
  return {
    source,
    statements: new Map([[source, 1]]),
    explain: () => [explainFetch(roots.map((root) => root.key).join(', '), fetch)],
    async run(running) {
      const { rows } = await runStatement(running, source, fetch.compiled.statement);
      return sharedTexts(roots, rows[0]!);
    },
  };
}

function combinedRoot(root: ReadRoot, index: number): CombinedRoot {
  const key = `r${index}`;
  if (root.kind === 'aggregate') return { kind: 'aggregate', key, aggregate: root.aggregate };
  if (root.kind === 'connection' || root.kind === 'stream' || root.kind === 'changes')
    throw new TypeError(`a ${root.kind} has a statement of its own`);
  return { kind: root.kind, key, select: root.select };
}

/** Root fields as parts of one statement; `null`: they need several, since they have several sources or the database cannot build their JSON. */
export function combinedRoots(
  roots: readonly ReadRoot[],
): { readonly source: SourceName; readonly roots: readonly CombinedRoot[] } | null {
  const [source, ...others] = new Set(roots.map(sourceOf));
  if (source === undefined || others.length > 0 || !roots.every(fitsJson)) return null;
  return { source, roots: roots.map(combinedRoot) };
}

/** The texts of root fields that share a statement. */
export function sharedTexts(
  roots: readonly ReadRoot[],
  row: RunResult['rows'][number],
): ReadonlyMap<Root, string> {
  return new Map(
    roots.map((root, index) => [
      root,
      (row[index] as string | null) ?? (root.kind === 'list' ? '[]' : 'null'),
    ]),
  );
}

function prepareRoot(connectorOf: ConnectorOf, root: ReadRoot): PreparedRoot {
  if (root.kind === 'connection') return withOneText(root, prepareConnection(connectorOf, root.connection));
  if (root.kind === 'stream') return withOneText(root, prepareStream(connectorOf, root.stream));
  if (root.kind === 'changes') return withOneText(root, prepareChanges(connectorOf, root.changes));
  const source = sourceOf(root);
  const fetch = prepareFetch(
    connectorOf,
    source,
    root.kind === 'aggregate'
      ? { kind: 'aggregate', aggregate: root.aggregate }
      : { kind: 'rows', select: root.select },
  );
  const list = root.kind === 'list';
  return {
    source,
    statements: statementsOf(fetch),
    explain: () => [explainFetch(root.key, fetch)],
    async run(running) {
      const texts = await fetchTexts(running, fetch);
      return new Map([[root, list ? listText(texts) : (texts[0] ?? 'null')]]);
    },
  };
}

/** A root field whose reads result in one text. */
function withOneText(
  root: ReadRoot,
  prepared: PreparedConnection | PreparedStream | PreparedChanges,
): PreparedRoot {
  return {
    source: prepared.source,
    statements: prepared.statements,
    explain: () => prepared.explain(root.key),
    run: async (running) => new Map([[root, await prepared.run(running)]]),
  };
}
