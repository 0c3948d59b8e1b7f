import { createHash } from 'node:crypto';
import type { Graphs } from '../graphs.ts';
import type { GraphParts } from '../served-graph.ts';
import type { SourceRegistry } from '../sources/registry.ts';
import type { GraphChange } from './change.ts';
import { type KeptGraph, keptParts, keptText } from './kept-graph.ts';
import { servedChanges, type Version, versionOf } from './served-changes.ts';
import { linesOf } from './told.ts';

/** The changes of the graph that were served from one moment on. */
export interface GraphChanges {
  readonly at: Date;
  /** Whether the changes were found at the start, against what was served before it. */
  readonly sinceLastStart: boolean;
  readonly changes: readonly GraphChange[];
}

export interface GraphHistoryOptions {
  readonly graphs: Graphs;
  readonly registry: SourceRegistry;
  /** `null`: there is no state folder, so what was served before a start is not known. */
  readonly kept: KeptGraph | null;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** How many changes are remembered. */
const most = 20;
/** How many lines go into the log at once. */
const mostLines = 20;
/** One event often leads to several new graphs in a row: a source that is read, and the names of what is new in it. */
const quietMs = 100;

/** Tells what changes in the graph while Foz runs, and what has changed since it ran last. */
export class GraphHistory {
  readonly #options: GraphHistoryOptions;
  readonly #recent: GraphChanges[] = [];
  #told: Version | null = null;
  /** A hash of what is kept. */
  #mark = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #unlisten: () => void = () => {};
  #isTroubled = false;

  constructor(options: GraphHistoryOptions) {
    this.#options = options;
  }

  /** The latest changes, newest first. */
  get recent(): readonly GraphChanges[] {
    return [...this.#recent].reverse();
  }

  /** Compares with what was served before the start, and follows the graph from now on until `close`. `null`: nothing has changed. */
  start(): GraphChanges | null {
    const { graphs, kept } = this.#options;
    const text = kept?.read() ?? null;
    this.#unlisten = graphs.onSwap(() => this.#plan());
    if (text !== null) this.#mark = markOf(text);
    if (this.#isKept(graphs.parts)) {
      this.#told = { catalog: graphs.catalog, parts: graphs.parts };
      return null;
    }
    const before = keptParts(text);
    const now = this.#now(before);
    const told = before === null ? null : this.#tellFirst(before, now);
    this.#keep(now);
    return told;
  }

  /** Looks for changes now instead of in a moment. */
  look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#told;
    if (before === null) return;
    const now = this.#now(before.parts);
    this.#tell(before, now, false);
    this.#keep(now);
  }

  async close(): Promise<void> {
    this.#unlisten();
    if (this.#timer !== undefined) this.look();
    await this.#writing;
  }

  #plan(): void {
    this.#timer ??= setTimeout(() => this.look(), quietMs).unref();
  }

  /** Another edition of Foz may have kept what this one cannot read. */
  #tellFirst(before: GraphParts, now: Version): GraphChanges | null {
    try {
      return this.#tell(versionOf(before), now, true);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what the graph was at the last start cannot be read');
      return null;
    }
  }

  /** What is served; a source that could not be read yet is taken as it was. */
  #now(former: GraphParts | null): Version {
    const { graphs, registry } = this.#options;
    const { parts } = graphs;
    const isUnread = (name: string) => registry.find(name)?.facts === null;
    const unread = (former?.sources ?? []).filter(({ name }) => isUnread(name));
    if (unread.length === 0) return { catalog: graphs.catalog, parts };
    return versionOf({ ...parts, sources: [...parts.sources, ...unread] });
  }

  #tell(before: Version, now: Version, sinceLastStart: boolean): GraphChanges | null {
    const { log } = this.#options;
    const changes = servedChanges(before, now);
    if (changes.length === 0) return null;
    const told: GraphChanges = { at: new Date(), sinceLastStart, changes };
    this.#recent.push(told);
    if (this.#recent.length > most) this.#recent.shift();
    const breaking = changes.filter(({ severity }) => severity === 'breaking').length;
    const fields = { changes: changes.length, breaking, lines: linesOf(changes, mostLines) };
    const message = sinceLastStart ? 'the graph has changed since the last start' : 'the graph has changed';
    if (breaking > 0) log.warn(fields, message);
    else log.info(fields, message);
    return told;
  }

  #isKept(parts: GraphParts): boolean {
    return this.#options.kept !== null && markOf(keptText(parts)) === this.#mark;
  }

  #keep(now: Version): void {
    this.#told = now;
    const { kept, log } = this.#options;
    if (kept === null) return;
    const text = keptText(now.parts);
    const mark = markOf(text);
    if (mark === this.#mark) return;
    this.#mark = mark;
    this.#writing = this.#writing
      .then(async () => {
        await kept.write(text);
        this.#isTroubled = false;
      })
      .catch((error: unknown) => {
        this.#mark = '';
        // Told once, until it works again.
        if (!this.#isTroubled) log.warn({ err: error }, 'what the graph is made from cannot be kept');
        this.#isTroubled = true;
      });
  }
}

function markOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
