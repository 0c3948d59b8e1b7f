import { type DocumentNode, specifiedRules, type ValidationRule, validate } from 'graphql';
import type { Logger } from 'pino';
import { FozError, FozErrors, never, plainMessage } from '../core/index.ts';
import { Feeds, LiveQueries, type PlannedSubscription, RunSlots } from '../events/index.ts';
import {
  answerErrors,
  type EngineAnswer,
  errorsOf,
  type RoleEngine,
  type Written,
} from '../execute/index.ts';
import { type Answers, documentRules, type Operation, placesOf, type Subscriber } from '../serve/index.ts';
import type { Store } from '../store/index.ts';
import type { Graphs, SourceRegistry } from '../views/index.ts';
import { methodOf, refuseUnfollowed } from './followed-sources.ts';
import { keptChanges } from './kept-changes.ts';
import { keepOutboxes } from './outboxes.ts';

/** Most concurrent runs of subscriptions, over all sources. */
const runsAtOnce = 10;
/** Least milliseconds between the starts of two runs of a live query. */
const intervalMs = 50;

/** The subscriptions of this process. */
export interface Subscriptions {
  readonly feeds: Feeds;
  readonly live: LiveQueries;
  /** Starts a validated subscription; an answer with errors where it cannot start. */
  subscribe(operation: Operation, document: DocumentNode, subscriber: Subscriber): Answers | EngineAnswer;
  /** Called after an operation of this process has written. */
  wrote(written: readonly Written[]): void;
  close(): Promise<void>;
}

/** Creates the subscriptions over the attached sources. They are planned again when the graph changes. `store`: where changes of rows are kept. */
export function subscriptionsOf(
  { registry, graphs }: { readonly registry: SourceRegistry; readonly graphs: Graphs },
  log: Logger,
  store: Store | null = null,
): Subscriptions {
  const kept = store === null ? null : keptChanges(store, registry, log);
  const feeds = new Feeds({
    connectorOf: (source) => registry.find(source)?.connector,
    methodOf: (source) => methodOf(registry, source),
    keepingOf: (source) => kept?.of(source) ?? null,
    onFailure: (source, error) =>
      log.warn({ source, code: error.code, reason: error.internal ?? error.message }, 'change stream ended'),
  });
  const live = new LiveQueries({
    slots: new RunSlots(runsAtOnce),
    intervalMs,
    watch: ({ dependencies, rows, changes }, watcher) =>
      feeds.watch(changes === null ? dependencies.tables : [changes.table], rows, watcher),
    changes: ({ changes }, end) => feeds.changes(changes!, end),
    onDrift: async (sources) => {
      await Promise.all(sources.map((source) => registry.recheckSchema(source)));
    },
    onDeltaFailure: (error) => log.error({ err: error }, 'answers could not be compared'),
  });
  const outboxes = keepOutboxes(feeds, registry, log);
  const stop = graphs.onSwap(() => {
    outboxes.sourcesChanged();
    feeds.reconsider();
    live.replan();
  });
  return {
    feeds,
    live,
    subscribe(operation, document, subscriber) {
      const engine = graphs.engine(operation.session);
      try {
        const plan = planner({ graphs, registry }, engine, operation, document, subscriber);
        return live.subscribe(plan, operation.asDeltas);
      } catch (error) {
        return answerErrors(errorsOf(error), 'request', engine.options.showInternal);
      }
    },
    wrote(written) {
      const ids = new Set(written.map(({ table }) => table));
      for (const name of new Set(written.map(({ source }) => source))) {
        const { tables = [] } = graphs.catalog.sources.get(name) ?? {};
        feeds.wrote(
          name,
          tables.filter(({ id }) => ids.has(id)),
        );
      }
    },
    async close() {
      stop();
      outboxes.stop();
      await feeds.close();
      await kept?.close();
    },
  };
}

/** Returns a function that plans a subscription on the present engine of its session. `first`: the engine that it was validated for. */
function planner(
  { graphs, registry }: { readonly graphs: Graphs; readonly registry: SourceRegistry },
  first: RoleEngine,
  { query, operationName, variables, hasExact, session, timeoutMs }: Operation,
  document: DocumentNode,
  caller: Subscriber,
): () => PlannedSubscription {
  // The request itself ends as soon as the subscription has started.
  const request = { query, operationName, variables, hasExact, signal: never, timeoutMs, document };
  const firstLimits = caller.limits();
  const subscriber = {
    name: caller.name,
    hold: () => caller.hold(),
    limits() {
      const { time_ms: timeoutMs, answer_bytes: answerBytes } = caller.limits();
      return { timeoutMs, answerBytes };
    },
  };
  return () => {
    const engine = graphs.engine(session);
    const limits = caller.limits();
    if (engine !== first) checkDocument(engine, document, specifiedRules, whyNow.graph);
    if (engine !== first || limits !== firstLimits)
      checkDocument(engine, document, documentRules(limits), whyNow.limits);
    const live = engine.live({ ...request, session: session.variables });
    refuseUnfollowed(registry, live.dependencies.tables);
    return { engine, live, subscriber };
  };
}

/** Why an operation that was valid when it started is not any more. */
const whyNow = {
  limits: 'The limits of the caller have changed since the subscription started.',
  graph: 'The graph of the role has changed since the subscription started.',
} as const;

/** Validates a document again. `why`: a sentence after each problem. Throws FozErrors. */
function checkDocument(
  { options: { schema } }: RoleEngine,
  document: DocumentNode,
  rules: readonly ValidationRule[],
  why: string,
): void {
  const problems = validate(schema, document, rules);
  if (problems.length === 0) return;
  const places = placesOf(problems, document);
  throw new FozErrors(
    problems.map(({ message }, index) => {
      const text = `${plainMessage(message)} ${why}`;
      return new FozError('validation-failed', text, { path: places[index]! });
    }),
  );
}
