import type { StepRecord, StepState } from '../../store/index.ts';
import { StepFailed } from '../failure.ts';
import type { StepKind } from '../steps/step.ts';

/** The claim of a run is lost: another worker has it, or it was cancelled or paused. Nothing more is recorded. */
export class ClaimLost extends Error {
  constructor() {
    super('The claim of the run is lost.');
  }
}

interface Entry {
  readonly path: string;
  readonly kind: string;
  state: StepState;
  attempts: number;
  input: string | null;
  output: string | null;
  error: string | null;
  /** Times of the monotonic clock of this process. `begunAt`: when its last attempt began. */
  begunAt: number;
  endedAt: number | null;
  resumeAt: number | null;
}

/** A record as the compensation of steps needs it. */
export interface FinishedStep extends Pick<StepRecord, 'path' | 'state' | 'input' | 'output'> {
  /** By the monotonic clock of this process. */
  readonly endedAt: number;
}

/** The record of a step that is being done. */
export interface StepEntry {
  readonly attempts: number;
  readonly input: string | null;
  /** Milliseconds until a recorded wait ends; `null`: it does not wait. */
  readonly resumeMs: number | null;
  /** Whether it failed, and waits for its next attempt. */
  readonly waitsForAttempt: boolean;
  /** Milliseconds since its last attempt began. */
  readonly begunMs: number;
  start(input: string): void;
  done(output: string): void;
  failed(error: string): void;
  /** It failed, and is tried again after a pause, with that input. */
  again(error: string, pauseMs: number, input: string | null): void;
}

/** An answer about a claim that was asked for longer ago is old: a process without a heartbeat loses its claims after 4 s at the earliest. */
const staleMs = 2_000;
const mostChecks = 3;
/** Most bytes of the records of a run. Compensation may use as many again, so that it does not fail by what made it necessary. */
const mostBytes = 64_000_000;

/** The records of a run: those that are known, and those that wait for their commit. */
export class Journal {
  readonly #entries = new Map<string, Entry>();
  readonly #dirty = new Set<Entry>();
  /** Steps that a former attempt of an enclosing step has left unfinished. */
  readonly #leftOver = new Set<Entry>();
  /** Unfinished steps of former claims that this one has not reached. */
  readonly #unvisited = new Set<Entry>();
  readonly #commit: (steps: readonly StepRecord[]) => Promise<boolean>;
  readonly #grown: (bytes: number) => void;
  #bytes = 0;
  #most = mostBytes;
  #committing: Promise<void> = Promise.resolve();
  #lose: (error: unknown) => void = () => {};
  /** Rejects with ClaimLost, or with the error of a commit. */
  readonly lost: Promise<never>;

  /** `grown`: is told how many bytes of records were added, or removed. */
  constructor(
    records: readonly StepRecord[],
    commit: (steps: readonly StepRecord[]) => Promise<boolean>,
    grown: (bytes: number) => void = () => {},
  ) {
    this.#commit = commit;
    this.#grown = grown;
    this.lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.lost.catch(() => {});
    const now = performance.now();
    for (const { begunMs, endedMs, resumeMs, ...record } of records) {
      const entry: Entry = {
        ...record,
        begunAt: now - begunMs,
        endedAt: endedMs === null ? null : now - endedMs,
        resumeAt: resumeMs === null ? null : now + resumeMs,
      };
      this.#entries.set(record.path, entry);
      this.#bytes += bytesOf(entry);
      if (entry.state === 'running' || entry.state === 'waiting') this.#unvisited.add(entry);
    }
  }

  known(path: string): Pick<StepRecord, 'kind' | 'state' | 'output' | 'error'> | undefined {
    return this.#entries.get(path);
  }

  /** A step with nested ones begins another attempt: what is not done of them is begun anew, once they are reached. */
  leave(path: string): void {
    for (const entry of this.#entries.values())
      if (entry.state !== 'done' && entry.path.startsWith(`${path}/`)) this.#leftOver.add(entry);
  }

  isLeftOver(path: string): boolean {
    const entry = this.#entries.get(path);
    return entry !== undefined && this.#leftOver.has(entry);
  }

  /** Forgets a step, which then begins anew. Whatever still works on it records nothing any more. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    this.#entries.delete(path);
    if (entry === undefined) return;
    this.#dirty.delete(entry);
    this.#add(-bytesOf(entry));
  }

  /** Records the output of the steps that have handled the failure of a step. */
  handled(path: string, output: string): void {
    const entry = this.#entries.get(path);
    if (entry?.state !== 'failed' || entry.output !== null) return;
    this.#add(bytesOfText(output));
    entry.output = output;
    this.#dirty.add(entry);
  }

  /** The steps within a step that former claims have begun, and that this one has not reached. Each is returned once. `path`: empty for all steps. */
  takeUnvisited(path: string): readonly Pick<StepRecord, 'path' | 'kind' | 'input'>[] {
    const found = [...this.#unvisited].filter((entry) => path === '' || entry.path.startsWith(`${path}/`));
    for (const entry of found) this.#unvisited.delete(entry);
    return found;
  }

  /** Whether a step of a kind has begun. */
  hasKind(kind: string): boolean {
    return [...this.#entries.values()].some((entry) => entry.kind === kind);
  }

  /** All records; those that have not ended have no time of it. */
  all(): readonly FinishedStep[] {
    return [...this.#entries.values()].map(({ path, state, input, output, endedAt }) => ({
      ...{ path, state, input, output },
      endedAt: endedAt ?? Number.POSITIVE_INFINITY,
    }));
  }

  /** From now on, compensation is recorded. */
  compensates(): void {
    this.#most = 2 * mostBytes;
  }

  /** Records a value once: the recorded one counts afterwards. Throws StepFailed `limit-exceeded`. */
  note(path: string, kind: string, output: string): void {
    const now = performance.now();
    this.#check(bytesOfText(output), path);
    const entry: Entry = {
      ...{ path, kind, state: 'done', attempts: 1, input: null, output, error: null },
      ...{ begunAt: now, endedAt: now, resumeAt: null },
    };
    this.#entries.set(path, entry);
    this.#dirty.add(entry);
    this.#add(bytesOf(entry));
  }

  /** The entry of a step that begins, or goes on. */
  begin(path: string, { kind, hasEffect }: Pick<StepKind, 'kind' | 'hasEffect'>): StepEntry {
    const known = this.#entries.get(path);
    if (known !== undefined) this.#unvisited.delete(known);
    const waitsForAttempt = known?.state === 'waiting' && known.error !== null;
    const entry: Entry = known ?? {
      ...{ path, kind, state: 'running', attempts: 0, input: null, output: null, error: null },
      ...{ begunAt: performance.now(), endedAt: null, resumeAt: null },
    };
    this.#entries.set(path, entry);
    const set = (values: Partial<Entry>) => {
      const before = bytesOf(entry);
      Object.assign(entry, values);
      if (this.#entries.get(path) !== entry) return;
      this.#dirty.add(entry);
      this.#add(bytesOf(entry) - before);
    };
    if (known === undefined) this.#add(bytesOf(entry));
    return {
      get attempts() {
        return entry.attempts;
      },
      get input() {
        return entry.input;
      },
      get resumeMs() {
        return entry.resumeAt === null ? null : Math.max(0, entry.resumeAt - performance.now());
      },
      get begunMs() {
        return performance.now() - entry.begunAt;
      },
      waitsForAttempt,
      start: (input) => {
        const isWaiting = entry.state === 'waiting' && entry.error === null;
        // Without an effect of its own, a step that was begun before a wait or a kill goes on.
        const isGoingOn = entry.state === 'running' && entry.attempts > 0 && !hasEffect;
        if (isWaiting || isGoingOn) return;
        this.#check(bytesOfText(input) - bytesOfText(entry.input), path);
        set({ input, attempts: entry.attempts + 1, error: null, state: 'running', resumeAt: null });
        entry.begunAt = performance.now();
      },
      done: (output) => {
        this.#check(bytesOfText(output), path);
        set({ output, state: 'done', endedAt: performance.now(), resumeAt: null });
      },
      failed: (error) => set({ error, state: 'failed', endedAt: performance.now(), resumeAt: null }),
      again: (error, pauseMs, input) =>
        set({ error, input, state: 'waiting', resumeAt: performance.now() + pauseMs }),
    };
  }

  /** Records that a step waits because that is what it does, not before another attempt. `null`: for an event, not for a time. */
  waits(path: string, ms: number | null): void {
    const entry = this.#entries.get(path)!;
    if (entry.state === 'waiting' && ms === null) return;
    entry.state = 'waiting';
    entry.resumeAt = ms === null ? null : performance.now() + ms;
    this.#dirty.add(entry);
  }

  /** Commits what was recorded so far. Rejects with ClaimLost where the claim does not hold any more. */
  commit(): Promise<void> {
    const steps = this.#taken();
    if (steps.length > 0)
      this.#committing = this.#committing.then(async () => {
        if (!(await this.#commit(steps))) throw new ClaimLost();
      });
    this.#committing.catch(this.#lose);
    return this.#committing;
  }

  /**
   * Commits what was recorded so far, and ensures that the claim held a moment ago. A process that stood still after a commit finds its answer
   * when it goes on; its jobs may have been taken over meanwhile. A store that is slow is not asked for ever.
   */
  async secure(): Promise<void> {
    let sent = performance.now();
    await this.commit();
    for (let checks = 0; performance.now() - sent > staleMs && checks < mostChecks; checks++) {
      sent = performance.now();
      if (!(await this.#commit([]))) throw new ClaimLost();
    }
  }

  /** Begins a commit after this turn of the event loop, unless one begins before: the end of a step and the beginning of the next one share it. */
  commitSoon(): void {
    setImmediate(() => this.commit().catch(() => {}));
  }

  /** The records that are not committed after all commits have ended; for the last transaction of this claim. */
  async rest(): Promise<readonly StepRecord[]> {
    await this.#committing;
    return this.#taken();
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#grown(bytes);
  }

  /** Another attempt would need the bytes again, so it is pointless. */
  #check(bytes: number, path: string): void {
    if (this.#bytes + bytes <= this.#most) return;
    const message = `With ${bytes} bytes of ${path}, the records of the run would have more than ${this.#most} bytes: hand on the parts that are needed, and keep large values in a source.`;
    throw new StepFailed({ code: 'limit-exceeded', message }, { final: true });
  }

  #taken(): StepRecord[] {
    const now = performance.now();
    const steps = [...this.#dirty].map(({ begunAt, endedAt, resumeAt, ...record }) => ({
      ...record,
      begunMs: now - begunAt,
      endedMs: endedAt === null ? null : now - endedAt,
      resumeMs: resumeAt === null ? null : Math.max(0, resumeAt - now),
    }));
    this.#dirty.clear();
    return steps;
  }
}

/** The bytes of an entry beside its texts, roughly. */
const bytesOfEntry = 200;

function bytesOf({ path, input, output, error }: Entry): number {
  return bytesOfEntry + path.length + bytesOfText(input) + bytesOfText(output) + bytesOfText(error);
}

function bytesOfText(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}
