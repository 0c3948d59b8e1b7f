import type { RunOutcome, StepRecord } from '../../store/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import type { Expressions } from '../expressions/index.ts';
import type { RunLinks, StepServices } from '../steps/step.ts';

export interface ExecutionOptions {
  readonly run: string;
  readonly definition: WorkflowDefinition;
  readonly input: unknown;
  /** Milliseconds since the run was started. */
  readonly ageMs: number;
  readonly records: readonly StepRecord[];
  /** Commits records; resolves with whether the claim still holds. */
  readonly commit: (steps: readonly StepRecord[]) => Promise<boolean>;
  /** Is told how many bytes of records were added, or removed. */
  readonly grown?: (bytes: number) => void;
  readonly expressions: Expressions;
  readonly services: StepServices;
  readonly links: RunLinks;
  readonly signal: AbortSignal;
  /** Outputs of steps that its steps see from the beginning. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Nothing outside is called, and nothing waits: such steps end at once with these outputs, by their ids, or null. */
  readonly rehearsal?: { readonly outputs: Readonly<Record<string, unknown>> };
}

/** The result of an execution. */
export interface Executed {
  readonly outcome: RunOutcome;
  /** The records that are not committed yet. */
  readonly steps: readonly StepRecord[];
  /** Whether it has started other runs. */
  readonly hasCalls: boolean;
}
