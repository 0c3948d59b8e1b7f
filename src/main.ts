import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import {
  type Authentication,
  admissionOf,
  answersOf,
  authenticationOf,
  changingOptions,
  droppedLines,
  eventTriggersOf,
  ownOperations,
  ownTriggersOf,
  processLog,
  type Runtime,
  replan,
  requestAuditOf,
  routesOf,
  type Subscriptions,
  startRuntime,
  subscriptionsOf,
  syncsOf,
  workOf,
} from './app/index.ts';
import { type Attached, attach, connect } from './attach.ts';
import { type ControlPlane, type FozConfig, openControlPlane } from './control/index.ts';
import type { CacheState } from './core/index.ts';
import type { EngineAnswer } from './execute/index.ts';
import {
  type Engine,
  type FozServer,
  type Readiness,
  type SourceReadiness,
  startServer,
} from './serve/index.ts';
import { type GraphChanges, GraphFile, GraphHistory, type SourceRegistry, viewKey } from './views/index.ts';

export interface StartOptions {
  readonly logger?: Logger;
  /** Sample operations for the console. */
  readonly samples?: readonly unknown[];
  /** Called with each stage of the start, as a text: `Reading the sources shop, support`. */
  readonly onStage?: (stage: string) => void;
}

/** A running Foz. */
export interface Started extends FozServer {
  readonly attached: Attached;
  readonly authentication: Authentication;
  /** `null`: the configuration needs none. */
  readonly plane: ControlPlane | null;
  /** Parts of the store that were not read yet; `/readyz` answers 503 until there are none. */
  readonly unread: readonly string[];
  /** Resolves when the whole store was read. */
  whenRead(): Promise<void>;
  readonly logger: Logger;
  /** The changes of the graph since it was last served from this state folder; `null`: there are none, or it never was served. */
  readonly changedSince: GraphChanges | null;
}

/** Starts Foz: attaches all sources, then listens. A store that does not answer is followed as soon as it does. */
export async function start(config: FozConfig, options: StartOptions = {}): Promise<Started> {
  const { logger = processLog(), onStage: stage = () => {} } = options;
  const plane = await openControlPlane(config, process.env, logger);
  const keeping = { logger, ...(plane?.audit ? { audit: requestAuditOf(plane.audit) } : {}) };
  const authentication = authenticationOf(config, plane, logger);
  stage(`Reading the sources ${config.sources.map(({ name }) => name).join(', ')}`);
  const attached = await attach(config, 'server');
  if (plane !== null) stage(`Opening and reading the store (${storeOf(config)})`);
  const runtime = await startRuntime({ ...attached, config, plane, authentication, connect, log: logger });
  const history = historyOf(config, attached, logger);
  const subscriptions = subscriptionsOf(attached, logger, plane?.store ?? null);
  // Parts that do jobs of their own kinds join the worker here, before it is started.
  const work = plane && workOf({ ...attached, ...plane, ...runtime, config, log: logger });
  const isRead = () => runtime.sources.isRead && runtime.metadata.isRead;
  const durable = { work, feeds: subscriptions.feeds, log: logger, isRead };
  const triggers = eventTriggersOf(attached, durable);
  const ownTriggers = ownTriggersOf(attached, durable, config);
  const syncs = syncsOf(attached, durable);
  const parts = { history, plane, work, triggers, ownTriggers, syncs, feeds: durable.feeds };
  const works = [syncs, ownTriggers, triggers, work, subscriptions];
  const close = () => closeInOrder([...works, history, runtime, attached, authentication, plane]);
  // Spread would evaluate the getters of the changing options once, so the fixed ones are added to that object.
  const fixed = {
    engine: engineOf(attached, subscriptions),
    ...{ ...listeningOf(config), ...admissionOf(authentication), ...keeping },
    readiness: () => readinessOf(attached.registry),
    storeReadiness: () => (plane === null ? null : storeReadinessOf(runtime.unread, plane.store.lost)),
    gauges: () => gaugesOf(attached, subscriptions, [authentication.auth, keeping.audit, runtime.unlisted]),
    work: work && (() => work.figures.read()),
    samples: () => options.samples ?? [],
    ...(await routesOf(config, authentication, { ...attached, ...runtime, ...parts }, keeping)),
  };
  const changing = changingOf(runtime, attached, authentication);
  const front = await startServer(Object.assign(changing, fixed)).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  // Comes last, so that a start that fails does not use up the secret, which is shown only once.
  await authentication.settleFirst(runtime.settings);
  work?.start(ownOperations(front.operate));
  return {
    ...front,
    // Only now, so that nobody waits for it before they are answered.
    changedSince: history.start(),
    attached,
    authentication,
    plane,
    logger,
    get unread() {
      return runtime.unread;
    },
    whenRead: () => runtime.whenRead(),
    async close(graceMs) {
      // Runs are given to other processes while the requests of clients end.
      await Promise.all([front.close(graceMs), syncs?.close(), work?.close()]);
      await close();
    },
  };
}

function changingOf({ settings }: Runtime, { graphs }: Attached, { auth }: Authentication) {
  return changingOptions(
    () => settings.current.config.server ?? {},
    () => graphs.limits,
    consoleFolder(),
    auth === null,
  );
}

function listeningOf({ server = {} }: FozConfig) {
  return {
    host: server.host ?? '127.0.0.1',
    port: Number(server.port ?? 8080),
    tls: server.tls ?? null,
    ...(server.receive_ms === undefined ? {} : { receiveMs: server.receive_ms }),
    answers: answersOf(server.answers),
  };
}

async function closeInOrder(parts: readonly ({ close(): unknown } | null)[]): Promise<void> {
  for (const part of parts) await part?.close();
}

function historyOf({ state }: FozConfig, attached: Attached, log: Logger): GraphHistory {
  return new GraphHistory({ ...attached, file: state === undefined ? null : new GraphFile(state), log });
}

/** The location of the store, for messages. Shows no URL, since it may contain a password. */
function storeOf({ store, state = '.foz' }: FozConfig): string {
  const shared = (store?.url ?? process.env.FOZ_STORE_URL) || undefined;
  return shared === undefined
    ? `an embedded PostgreSQL in ${state}; its first start takes longer`
    : 'a PostgreSQL server';
}

/** An object with caches. */
type HasCaches = { readonly caches: readonly CacheState[] } | null | undefined;

function gaugesOf(
  { graphs, registry }: Attached,
  { live, feeds }: Subscriptions,
  others: readonly HasCaches[],
) {
  return {
    live: { subscriptions: live.subscribers, queries: live.queries },
    feeds: feeds.states,
    plans: graphs.plans,
    caches: [...graphs.caches, ...others.flatMap((one) => one?.caches ?? [])],
    droppedLines: droppedLines(),
    pools: registry.sources.map(({ name, connector }) => ({ source: name, ...connector.pool() })),
  };
}

function readinessOf({ sources }: SourceRegistry): SourceReadiness[] {
  return sources.map(({ name, status }) => ({
    name,
    ready: status.state === 'available',
    reason: status.state === 'unavailable' ? `unavailable since ${status.since.toISOString()}` : null,
  }));
}

function storeReadinessOf(unread: readonly string[], lost: string | null): Readiness {
  // The reason names no folder: readyz needs no credential.
  if (lost !== null) return { ready: false, reason: 'its folder was removed or replaced; the log says more' };
  const ready = unread.length === 0;
  return { ready, reason: ready ? null : `not read yet: ${unread.join(', ')}; the log says why` };
}

function engineOf(attached: Attached, subscriptions: Subscriptions): Engine {
  const { graphs } = attached;
  /** Notifies subscriptions of the tables that an operation has written, before its answer is sent. */
  const reported = (answer: EngineAnswer): EngineAnswer => {
    if (answer.written !== undefined && answer.written.length > 0) subscriptions.wrote(answer.written);
    return answer;
  };
  return {
    view: viewKey,
    graph: (session) => graphs.engine(session).options.schema,
    document: (session, query, operationName) => graphs.engine(session).document(query, operationName),
    registered: ({ role }, id) => graphs.registered(role, id),
    cached(operation) {
      const engine = graphs.engine(operation.session);
      const answer = engine.cached({ ...operation, session: operation.session.variables });
      return answer?.then((first) =>
        reported(first).drifted === undefined
          ? first
          : replan(attached, operation, engine, first).then(reported),
      );
    },
    async execute(operation, document) {
      const engine = graphs.engine(operation.session);
      const first = await engine.execute({
        ...operation,
        session: operation.session.variables,
        document,
      });
      return reported(await replan(attached, operation, engine, first, document));
    },
    subscribe: (operation, document, subscriber) => subscriptions.subscribe(operation, document, subscriber),
  };
}

/** The folder of the built console: beside the built server, or in its package when Foz runs from a checkout. */
function consoleFolder(): string | null {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [
    join(here, '../console'),
    join(here, '../../console/dist'),
    join(here, '../console/dist'),
  ];
  return candidates.find((folder) => existsSync(join(folder, 'index.html'))) ?? null;
}
