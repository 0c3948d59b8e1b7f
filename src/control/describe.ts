import { type DocumentNode, parse, validate } from 'graphql';
import type { Session } from '../access/index.ts';
import type { Catalog } from '../catalog/index.ts';
import { adminRole, FozError, FozErrors, parseRoleName, parseSourceName } from '../core/index.ts';
import { printExplained } from '../execute/index.ts';
import { printPlan } from '../plan/index.ts';
import type { Graphs } from './graphs.ts';
import type { AttachedSource, SourceRegistry } from './sources/registry.ts';

/** A source as people are told of it; no URL, no secret. */
export interface SourceDescription {
  readonly name: string;
  readonly kind: string;
  readonly state: AttachedSource['status']['state'];
  readonly since: string | null;
  readonly reason: string | null;
  readonly version: string | null;
  readonly tables: number;
}

/** What is known of a source at the moment. */
export function describeSource({ name, config, status, facts }: AttachedSource): SourceDescription {
  return {
    name,
    kind: config.kind,
    state: status.state,
    since: status.state === 'starting' ? null : status.since.toISOString(),
    reason: status.state === 'unavailable' ? status.reason : null,
    version: facts?.version ?? null,
    tables: facts?.tables.length ?? 0,
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
export async function refreshSource(registry: SourceRegistry, text: string): Promise<SourceDescription> {
  const name = parseSourceName(text);
  const source = registry.sources.find((candidate) => candidate.name === name);
  if (source === undefined) throw new FozError('not-found', `There is no source "${text}".`);
  await registry.refresh(source.name);
  return describeSource(source);
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
  const role = parseRoleName(text);
  if (role === undefined) throw new FozError('validation-failed', `"${text}" is no name for a role.`);
  return { role, variables: new Map() };
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
