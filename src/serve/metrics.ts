import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CacheState } from '../core/index.ts';
import type { Outcome } from './operations.ts';
import type { ServerOptions } from './options.ts';
import { unexpectedErrors } from './unexpected.ts';
import { addWork } from './work-metrics.ts';

/** The transport of an operation. */
export type Transport = 'http' | 'websocket' | 'workflow';

/** The values that are read when metrics are scraped. */
interface Measured extends Pick<ServerOptions, 'gauges' | 'readiness' | 'work'> {
  /** Open WebSockets. */
  readonly sockets: () => number;
  readonly caches: () => readonly CacheState[];
  /** Bytes held for requests. */
  readonly heldBytes: () => number;
  /** Clients that were disconnected because they did not read. */
  readonly slowReaders: () => number;
}

/** Prometheus metrics of one server. Labels have few values: no names of operations, no addresses. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'lane' | 'result'>;
  readonly #counted = new Map<string, Counter.Internal>();
  readonly #transports: Readonly<Record<Transport, Counter.Internal>>;
  readonly #lanes: Readonly<Record<Outcome['lane'], Histogram.Internal<'lane'>>>;

  constructor(options: Measured) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: 'foz_requests_total',
      help: 'GraphQL requests',
      labelNames: ['lane', 'result'],
      registers,
    });
    const operations = new Counter({
      name: 'foz_operations_total',
      help: 'GraphQL requests by what they came over; of a WebSocket each operation is one',
      labelNames: ['transport'],
      registers,
    });
    this.#transports = {
      http: operations.labels('http'),
      websocket: operations.labels('websocket'),
      workflow: operations.labels('workflow'),
    };
    const seconds = new Histogram({
      name: 'foz_request_seconds',
      help: 'Time from the first byte of a request to the last of its answer',
      labelNames: ['lane'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.#lanes = {
      hot: seconds.labels('hot'),
      full: seconds.labels('full'),
      live: seconds.labels('live'),
      refused: seconds.labels('refused'),
    };
    const unexpected = new Counter({
      name: 'foz_unexpected_errors_total',
      help: 'Errors of the code unexpected; each is in the log',
      registers,
      collect() {
        unexpected.reset();
        unexpected.inc(unexpectedErrors());
      },
    });
    addGauges(this.registry, options);
    addCaches(this.registry, options.caches);
    const { gauges, work } = options;
    if (work) addWork(this.registry, work);
    new Counter({
      name: 'foz_output_dropped_total',
      help: 'Lines of the log, and others, that could not be printed',
      registers,
      collect() {
        this.reset();
        this.inc(gauges().droppedLines);
      },
    });
  }

  record(outcome: Outcome, milliseconds: number, transport: Transport): void {
    const { lane, result } = outcome;
    const key = `${lane} ${result}`;
    let counter = this.#counted.get(key);
    if (counter === undefined) {
      counter = this.#requests.labels(lane, result);
      this.#counted.set(key, counter);
    }
    counter.inc();
    this.#transports[transport].inc();
    this.#lanes[outcome.lane].observe(milliseconds / 1000);
  }
}

function addGauges(registry: Registry, options: Measured): void {
  const gauge = gaugesIn(registry);
  gauge('foz_websockets_open', 'WebSockets that are open', (it) => it.set(options.sockets()));
  gauge('foz_answer_bytes_held', 'Bytes held for requests, from the databases until they are read', (it) =>
    it.set(options.heldBytes()),
  );
  new Counter({
    name: 'foz_slow_readers_total',
    help: 'Clients that were cut off because they did not read their answers',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(options.slowReaders());
    },
  });
  addLive(gauge, options);
  gauge('foz_plans', 'Plans kept', (it) => it.set(options.gauges().plans));
  gauge(
    'foz_pool_connections',
    'Connections to a source',
    (it) => {
      for (const pool of options.gauges().pools) {
        it.set({ source: pool.source, state: 'idle' }, pool.idle);
        it.set({ source: pool.source, state: 'busy' }, pool.size - pool.idle);
        it.set({ source: pool.source, state: 'waiting' }, pool.waiting);
      }
    },
    ['source', 'state'],
  );
  gauge(
    'foz_source_up',
    '1 while the source can serve',
    (it) =>
      options.readiness().forEach((source) => void it.set({ source: source.name }, source.ready ? 1 : 0)),
    ['source'],
  );
}

type AddGauge = (
  name: string,
  help: string,
  set: (gauge: Gauge<'source' | 'state' | 'method'>) => void,
  labelNames?: ('source' | 'state' | 'method')[],
) => void;

/** Adds gauges whose values are set when they are read. */
function gaugesIn(registry: Registry): AddGauge {
  return (name, help, set, labelNames = []) =>
    void new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        set(this);
      },
    });
}

/** Metrics of subscriptions. */
function addLive(gauge: AddGauge, options: Measured): void {
  gauge('foz_subscriptions', 'Subscriptions that run', (it) => it.set(options.gauges().live.subscriptions));
  gauge('foz_live_queries', 'Distinct queries that are run for subscriptions', (it) =>
    it.set(options.gauges().live.queries),
  );
  gauge(
    'foz_change_feed',
    '1 for the method by which the changes of a source are seen: replication, triggers, version or polling',
    (it) => {
      for (const { source, method } of options.gauges().feeds) it.set({ source, method }, 1);
    },
    ['source', 'method'],
  );
  gauge(
    'foz_change_lag_seconds',
    'Time from the commit of the last transaction of a source to its message',
    (it) => {
      for (const { source, lagSeconds } of options.gauges().feeds)
        if (lagSeconds !== null) it.set({ source }, lagSeconds);
    },
    ['source'],
  );
  gauge(
    'foz_change_lag_bytes',
    'Log of a source that was written and not read yet',
    (it) => {
      for (const { source, lagBytes } of options.gauges().feeds)
        if (lagBytes !== null) it.set({ source }, lagBytes);
    },
    ['source'],
  );
}

/** Metrics of the caches that grow with the requests of clients. */
function addCaches(registry: Registry, caches: () => readonly CacheState[]): void {
  const metrics = [
    ['foz_cache_bytes', 'Bytes that a cache holds, estimated', Gauge, 'bytes'],
    ['foz_cache_max_bytes', 'Bytes that a cache may hold', Gauge, 'maxBytes'],
    ['foz_cache_entries', 'Entries of a cache', Gauge, 'entries'],
    ['foz_cache_evictions_total', 'Entries that a cache has dropped to make room', Counter, 'evictions'],
  ] as const;
  for (const [name, help, Kind, what] of metrics)
    new Kind({
      name,
      help,
      labelNames: ['cache'],
      registers: [registry],
      collect() {
        this.reset();
        for (const cache of caches()) this.inc({ cache: cache.name }, cache[what]);
      },
    });
}
