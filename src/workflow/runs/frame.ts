import type { Scope } from '../steps/step.ts';

/** A scope to which the outputs of finished steps are added. */
export interface OpenScope extends Scope {
  readonly steps: Record<string, unknown>;
}

/** The frame that a step is done in, as a call has one: its path in the run, the names that its expressions see, and its abort signal. */
export interface Frame {
  readonly path: string;
  readonly scope: OpenScope;
  readonly signal: AbortSignal;
}
