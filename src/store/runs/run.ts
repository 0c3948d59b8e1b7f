import type { Claim, Priority } from '../jobs/index.ts';

export type RunState = 'active' | 'paused' | 'done' | 'failed' | 'cancelled';
export type StepState = 'running' | 'waiting' | 'done' | 'failed';

/** A run to be started. */
export interface NewRun {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  /** JSON. */
  readonly input: string;
  /** Runs of a workflow with the same key come one after the other. */
  readonly key: string | null;
  readonly priority: Priority;
  readonly afterMs: number;
  /** How it was started: `manual`, `schedule`, `hook:payments`. */
  readonly origin: string;
  /** Absent: no run has started it, or one whose claim does not matter. */
  readonly caller?: RunCaller;
  /** How many runs have started each other, where there is no caller; default: 0. */
  readonly depth?: number;
  /** Who has started it by a field of the graph. */
  readonly starter?: string;
}

/** The run that starts another one. */
export interface RunCaller {
  /** Its claim has to hold. */
  readonly claim: Claim;
  /** How many runs have started each other, the new one included. */
  readonly depth: number;
  /** Whether it waits for the end of the new run. */
  readonly waits: boolean;
}

/** The result of starting a run from another one. `lost`: the claim of the caller does not hold. `own-key`: it would wait for the key of a run that waits for it. */
export type StartedChild = 'started' | 'lost' | 'own-key';

/** The end of a run. */
export interface RunResult {
  readonly state: RunState;
  readonly output: string | null;
  readonly error: string | null;
}

/** The record of a step of a run. Inputs, outputs and errors are JSON. */
export interface StepRecord {
  readonly path: string;
  readonly kind: string;
  readonly state: StepState;
  readonly attempts: number;
  readonly input: string | null;
  readonly output: string | null;
  readonly error: string | null;
  /** Milliseconds since its last attempt began, and since it ended. */
  readonly begunMs: number;
  readonly endedMs: number | null;
  /** Milliseconds until it goes on; `null`: it does not wait. */
  readonly resumeMs: number | null;
}

/** A run that a worker continues. */
export interface LoadedRun {
  readonly workflow: string;
  readonly version: number;
  readonly input: string;
  /** Milliseconds since it was started. */
  readonly ageMs: number;
  /** The run that waits for this one. */
  readonly parent: string | null;
  /** Whether that run has ended. */
  readonly isOrphan: boolean;
  readonly depth: number;
  readonly steps: readonly StepRecord[];
}

/** How a run ends, or when it goes on. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly output: string | null }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'later'; readonly afterMs: number; readonly events: readonly RunEvent[] };

/** An event that a run waits for: the end of another run, or the signal of a wait. */
export type RunEvent = { readonly run: string } | { readonly wait: string };

/** The progress of a claimed run, as its worker writes it. */
export interface RunProgress {
  readonly claim: Claim;
  readonly steps: readonly StepRecord[];
  /** Absent: the run goes on. */
  readonly outcome?: RunOutcome;
  /** The run that waits for the end of this one. */
  readonly parent: string | null;
}

/** A run as it is shown. */
export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly state: RunState;
  /** Of an active run: whether it waits for a worker, works, or waits for a time. */
  readonly activity: 'queued' | 'working' | 'waiting' | null;
  readonly priority: Priority;
  readonly key: string | null;
  /** How it was started. */
  readonly origin: string;
  readonly at: string;
  readonly endedAt: string | null;
  readonly error: string | null;
}

export interface RunDetails extends RunSummary {
  readonly input: string;
  readonly output: string | null;
  readonly steps: readonly ShownStep[];
}

export interface ShownStep extends Omit<StepRecord, 'begunMs' | 'endedMs' | 'resumeMs'> {
  readonly begunAt: string;
  readonly endedAt: string | null;
  readonly resumeAt: string | null;
}
