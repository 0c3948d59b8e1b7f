import { type DocumentNode, parse, validate } from 'graphql';
import type { Session } from '../../access/index.ts';
import type { CatalogIssue } from '../../catalog/index.ts';
import {
  adminRole,
  checkDocumentNesting,
  FozError,
  FozErrors,
  type RoleName,
  readJson,
} from '../../core/index.ts';
import { type OperationRequest, printExplained } from '../../execute/index.ts';
import { type PoolState, printPlan } from '../../plan/index.ts';
import type { AttachedSource, Graphs, SourceConfig, SourceRegistry } from '../../views/index.ts';
import type { ControlPlane } from '../plane.ts';
import { knownRole } from '../roles/known-roles.ts';
import { shownSettings } from './settings.ts';

/** A source for display; contains no secrets. */
export interface SourceDescription {
  readonly name: string;
  readonly kind: string;
  readonly state: AttachedSource['status']['state'];
  readonly since: string | null;
  readonly reason: string | null;
  readonly version: string | null;
  readonly tables: number;
  /** When this process last introspected it, and how long that took; `null`: never. */
  readonly readAt: string | null;
  readonly readMilliseconds: number | null;
  /** Whether the configuration file or the store declares it. One of the file cannot be changed at run time. */
  readonly owner: 'file' | 'store';
  /** How often a source of the store was changed, from 1. */
  readonly revision: number | null;
  readonly pool: PoolState;
  /** Its configuration; passwords and keys are shown as `***`. */
  readonly settings: SourceConfig;
}

/** The current state of a source. */
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

/** The health of Foz, with the details of its problems. */
export interface Health {
  readonly ok: boolean;
  /** Names of sources that are not available. */
  readonly unavailable: readonly string[];
  /** Places of metadata and settings that had to be left out. */
  readonly leftOut: readonly string[];
  /** Why the store cannot be reached; `null`: it can, or there is none. */
  readonly store: string | null;
  /** Audit records lost since this process started. 0 unless the configuration lets requests pass when the audit log cannot be written. */
  readonly auditLost: number;
}

/** The inputs of `healthOf`. */
interface HealthInputs {
  readonly registry: SourceRegistry;
  readonly issues: readonly CatalogIssue[];
  readonly plane: ControlPlane | null;
}

/** The current health of all sources, the metadata and the store. */
export async function healthOf({ registry, issues, plane }: HealthInputs): Promise<Health> {
  const unavailable = registry.sources.filter(({ status }) => status.state !== 'available');
  const leftOut = issues.filter(({ severity }) => severity === 'error');
  const store = plane === null ? null : await reasonOf(plane.store.read((db) => db.raw('select 1')));
  const auditLost = plane?.audit?.lost ?? 0;
  return {
    ok: unavailable.length + leftOut.length + auditLost === 0 && store === null,
    unavailable: unavailable.map(({ name }) => name),
    leftOut: leftOut.map(({ where }) => where),
    store,
    auditLost,
  };
}

async function reasonOf(asked: Promise<unknown>): Promise<string | null> {
  return asked.then(
    () => null,
    (error: Error) => error.message,
  );
}

/** Introspects a source again. Rejects with FozError `not-found` or `unavailable`. */
export async function refreshSource(registry: SourceRegistry, name: string): Promise<SourceDescription> {
  const source = registry.named(name);
  await registry.refresh(source.name);
  return describeSource(registry.find(name) ?? source);
}

/** The plan and the statements of an operation as text. Rejects with FozError for an invalid operation or invalid variables. */
export async function explainOperation(
  graphs: Graphs,
  asked: {
    readonly query: string;
    readonly variables: string;
    readonly operationName: string | null;
    /** The role to plan for; default: admin. */
    readonly role?: string | null;
  },
): Promise<string> {
  const role = asked.role ?? null;
  const engine = graphs.engine(sessionOf(role === null ? adminRole : knownRole(graphs, role)));
  const document = parsed(asked.query);
  const errors = validate(engine.options.schema, document);
  if (errors.length > 0)
    throw new FozErrors(errors.map((error) => new FozError('validation-failed', error.message)));
  const { variables, hasExact } = variablesOf(asked.variables);
  const plan = engine.explain({
    query: asked.query,
    operationName: asked.operationName,
    variables,
    hasExact,
    document,
  });
  return `${printPlan(plan.plan)}\n${printExplained(await plan.explain())}`;
}

/** A session for planning only: its variables have no values. */
function sessionOf(role: RoleName): Session {
  return { role, variables: new Map() };
}

function parsed(query: string): DocumentNode {
  checkDocumentNesting(query);
  try {
    return parse(query);
  } catch (error) {
    throw new FozError('parse-failed', (error as Error).message);
  }
}

function variablesOf(text: string): Pick<OperationRequest, 'variables' | 'hasExact'> {
  try {
    const { value, hasExact } = readJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { variables: value as OperationRequest['variables'], hasExact };
  } catch {}
  throw new FozError('validation-failed', 'The variables must be a JSON object, as {"id": 1}.');
}
