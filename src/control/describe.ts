import { type DocumentNode, parse, validate } from 'graphql';
import type { Session } from '../access/index.ts';
import type { Catalog } from '../catalog/index.ts';
import { adminRole, FozError, FozErrors, roleNamed } from '../core/index.ts';
import { printExplained } from '../execute/index.ts';
import { type PoolState, printPlan } from '../plan/index.ts';
import type { SourceConfig } from './config.ts';
import type { Graphs } from './graphs.ts';
import type { AttachedSource, SourceRegistry } from './sources/registry.ts';
import { shownSettings } from './sources/settings.ts';

/** A source as people are told of it; no secret. */
export interface SourceDescription {
  readonly name: string;
  readonly kind: string;
  readonly state: AttachedSource['status']['state'];
  readonly since: string | null;
  readonly reason: string | null;
  readonly version: string | null;
  readonly tables: number;
  /** When this process read last what it contains, and how long that took; `null`: never. */
  readonly readAt: string | null;
  readonly readMilliseconds: number | null;
  /** Whether the configuration file declares it, so that it cannot be changed at run time. */
  readonly owner: 'file' | 'store';
  /** Of a source of the store: how often it was changed, from 1. */
  readonly revision: number | null;
  readonly pool: PoolState;
  /** Its configuration; passwords and keys are `***`. */
  readonly settings: SourceConfig;
}

/** What is known of a source at the moment. */
export function describeSource(source: AttachedSource): SourceDescription {
  const { name, config, status, facts, revision, connector, reading } = source;
  return {
    name,
    kind: config.kind,
    state: status.state,
    since: status.state === 'starting' ? null : status.since.toISOString(),
    reason: status.state === 'unavailable' ? status.reason : null,
    version: facts?.version ?? null,
    tables: facts?.tables.length ?? 0,
    readAt: reading?.at.toISOString() ?? null,
    readMilliseconds: reading?.milliseconds ?? null,
    owner: revision === null ? 'file' : 'store',
    revision,
    pool: connector.pool(),
    settings: shownSettings(config),
  };
}

/** Whether everything is as it should be, and what is not. */
export interface Health {
  readonly ok: boolean;
  /** Names of sources that do not serve. */
  readonly unavailable: readonly string[];
  /** Places of what the catalog had to leave out. */
  readonly leftOut: readonly string[];
}

/** How all sources and the catalog are at the moment. */
export function healthOf(registry: SourceRegistry, catalog: Catalog): Health {
  const unavailable = registry.sources.filter(({ status }) => status.state !== 'available');
  const leftOut = catalog.issues.filter(({ severity }) => severity === 'error');
  return {
    ok: unavailable.length === 0 && leftOut.length === 0,
    unavailable: unavailable.map(({ name }) => name),
    leftOut: leftOut.map(({ where }) => where),
  };
}

/** Reads a source anew. Rejects with FozError `not-found` or `unavailable`. */
export async function refreshSource(registry: SourceRegistry, name: string): Promise<SourceDescription> {
  const source = registry.named(name);
  await registry.refresh(source.name);
  return describeSource(registry.find(name) ?? source);
}

/** The plan of an operation and its statements as text. Throws FozError for an operation or variables that do not fit. */
export function explainOperation(
  graphs: Graphs,
  asked: {
    readonly query: string;
    readonly variables: string;
    readonly operationName: string | null;
    /** As which role; everything is allowed unless told. */
    readonly role?: string | null;
  },
): string {
  const engine = graphs.engine(sessionOf(asked.role ?? adminRole));
  const document = parsed(asked.query);
  const errors = validate(engine.options.schema, document);
  if (errors.length > 0)
    throw new FozErrors(errors.map((error) => new FozError('validation-failed', error.message)));
  const variables = variablesOf(asked.variables);
  const plan = engine.explain({
    query: asked.query,
    operationName: asked.operationName,
    variables,
    document,
  });
  return `${printPlan(plan.plan)}\n${printExplained(plan.explain())}`;
}

/** A session for looking, not for running: its variables have no values. */
function sessionOf(text: string): Session {
  return { role: roleNamed(text), variables: new Map() };
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    throw new FozError('parse-failed', (error as Error).message);
  }
}

function variablesOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {}
  throw new FozError('validation-failed', 'The variables must be a JSON object, as {"id": 1}.');
}
