import { createHash } from 'node:crypto';
import type { Graphs } from '../graphs.ts';
import type { GraphParts } from '../served-graph.ts';
import type { SourceRegistry } from '../sources/registry.ts';
import type { GraphChange } from './change.ts';
import { linesOf } from './change-lines.ts';
import { type GraphFile, parseParts, partsText } from './graph-file.ts';
import { servedChanges, type Version, versionOf } from './served-changes.ts';
import { logSourceStates } from './source-states.ts';

/** Changes of the graph that took effect at the same time. */
export interface GraphChanges {
  readonly at: Date;
  /** Whether Foz was stopped when the changes happened: they were found at the start, by comparison with the graph of the last run. */
  readonly sinceLastStart: boolean;
  readonly changes: readonly GraphChange[];
}

export interface GraphHistoryOptions {
  readonly graphs: Graphs;
  readonly registry: SourceRegistry;
  /** The graph of the last run; `null`: there is no state folder. */
  readonly file: GraphFile | null;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** Entries of `recent`. */
const most = 20;
/** Lines of one log record. */
const mostLines = 20;
/** One event often leads to several graphs in a row: a source is introspected, then its new tables get names. */
const quietMs = 100;

/** Logs and remembers the changes of the graph, while Foz runs and since its last run; logs losses of sources, too. */
export class GraphHistory {
  readonly #options: GraphHistoryOptions;
  readonly #recent: GraphChanges[] = [];
  #served: Version | null = null;
  /** The texts of the problems that are known already. */
  #problems: ReadonlySet<string> = new Set();
  /** The hash of the text in the file. */
  #hash = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #unlisten: () => void = () => {};
  #unlistenStates: () => void = () => {};
  #hasFailed = false;

  constructor(options: GraphHistoryOptions) {
    this.#options = options;
  }

  /** The latest changes, newest first. */
  get recent(): readonly GraphChanges[] {
    return [...this.#recent].reverse();
  }

  /** Compares the graph with that of the last run, and follows it until `close`. `null`: nothing has changed. */
  start(): GraphChanges | null {
    const { graphs, file } = this.#options;
    const text = file?.read() ?? null;
    this.#unlisten = graphs.onSwap(() => this.#schedule());
    this.#unlistenStates = logSourceStates(this.#options.registry, this.#options.log);
    this.#problems = new Set(problemsOf(graphs));
    if (text !== null) this.#hash = hashOf(text);
    const { catalog, parts } = graphs;
    const snapshot = file === null ? null : snapshotOf(parts);
    if (snapshot !== null && snapshot.hash === this.#hash) {
      this.#served = { catalog, parts };
      return null;
    }
    const before = parseParts(text);
    const now = this.#withUnread({ catalog, parts }, before);
    const found = before === null ? null : this.#compareFirst(before, now);
    this.#store(now, now.parts === parts ? snapshot : undefined);
    return found;
  }

  /** Compares now instead of after `quietMs`. */
  compare(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#served;
    if (before === null) return;
    const { catalog, parts } = this.#options.graphs;
    const now = this.#withUnread({ catalog, parts }, before.parts);
    this.#report(before, now, false);
    this.#reportProblems();
    this.#store(now);
  }

  /** Logs what had to be left out since the last comparison, such as a permission that names a column which is gone. */
  #reportProblems(): void {
    const { graphs, log } = this.#options;
    const problems = problemsOf(graphs);
    const found = problems.filter((one) => !this.#problems.has(one));
    this.#problems = new Set(problems);
    if (found.length === 0) return;
    const more = found.length > mostLines ? [`... and ${found.length - mostLines} more`] : [];
    const fields = { problems: found.length, lines: [...found.slice(0, mostLines), ...more] };
    log.warn(fields, 'parts of the metadata do not fit the changed graph and are left out');
  }

  async close(): Promise<void> {
    this.#unlisten();
    this.#unlistenStates();
    if (this.#timer !== undefined) this.compare();
    await this.#writing;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.compare(), quietMs).unref();
  }

  /** The file may come from a version of Foz whose parts this one cannot resolve. */
  #compareFirst(before: GraphParts, now: Version): GraphChanges | null {
    try {
      return this.#report(versionOf(before), now, true);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what the graph was at the last start cannot be read');
      return null;
    }
  }

  /** The served version, with the former facts of sources that could not be introspected yet. */
  #withUnread(served: Version, former: GraphParts | null): Version {
    const isUnread = (name: string) => this.#options.registry.find(name)?.facts === null;
    const unread = (former?.sources ?? []).filter(({ name }) => isUnread(name));
    if (unread.length === 0) return served;
    return versionOf({ ...served.parts, sources: [...served.parts.sources, ...unread] });
  }

  #report(before: Version, now: Version, sinceLastStart: boolean): GraphChanges | null {
    const { log } = this.#options;
    const changes = servedChanges(before, now);
    if (changes.length === 0) return null;
    const found: GraphChanges = { at: new Date(), sinceLastStart, changes };
    this.#recent.push(found);
    if (this.#recent.length > most) this.#recent.shift();
    const breaking = changes.filter(({ severity }) => severity === 'breaking').length;
    const fields = { changes: changes.length, breaking, lines: linesOf(changes, mostLines) };
    const message = sinceLastStart ? 'the graph has changed since the last start' : 'the graph has changed';
    if (breaking > 0) log.warn(fields, message);
    else log.info(fields, message);
    return found;
  }

  /** Makes `now` the served version, and writes it into the file if it differs. */
  #store(now: Version, known?: Snapshot | null): void {
    this.#served = now;
    const { file, log } = this.#options;
    if (file === null) return;
    const { text, hash } = known ?? snapshotOf(now.parts);
    if (hash === this.#hash) return;
    this.#hash = hash;
    this.#writing = this.#writing
      .then(async () => {
        await file.write(text);
        this.#hasFailed = false;
      })
      .catch((error: unknown) => {
        this.#hash = '';
        // Logged once, until a write succeeds again.
        if (!this.#hasFailed) log.warn({ err: error }, 'what the graph is made from cannot be kept');
        this.#hasFailed = true;
      });
  }
}

/** The issues that leave a part out of the graph, as texts; those that follow from another issue are omitted. */
function problemsOf({ issues }: Graphs): string[] {
  const own = issues.filter(({ severity, topic }) => severity === 'error' && topic !== 'follows');
  return own.map(({ where, reason }) => `${where}: ${reason}`);
}

/** Parts as the text of the file, with its hash. */
interface Snapshot {
  readonly text: string;
  readonly hash: string;
}

function snapshotOf(parts: GraphParts): Snapshot {
  const text = partsText(parts);
  return { text, hash: hashOf(text) };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
