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
}

/** What a step of a run did, or does. Inputs, outputs and errors are JSON. */
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
  readonly steps: readonly StepRecord[];
}

/** How a run ends, or when it goes on. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly output: string | null }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'later'; readonly afterMs: number };

/** What a worker writes about a run that it has claimed. */
export interface RunProgress {
  readonly claim: Claim;
  readonly steps: readonly StepRecord[];
  /** Absent: the run goes on. */
  readonly outcome?: RunOutcome;
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
