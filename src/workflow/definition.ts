import type { BackOff } from './jobs/index.ts';

/** A JSON value in which a text `{% ... %}` is a JSONata expression. */
export type Template = unknown;

/** How often a failed step is tried again. */
export interface RetryPolicy extends Partial<BackOff> {
  /** Attempts in all; default: 1. */
  readonly attempts: number;
  /**
   * The codes of errors after which it is tried again; `http-5xx` is every such status. Default: what the kind of the step
   * considers passing, and never an error of `fail`.
   */
  readonly codes?: readonly string[];
}

/** The settings that every step has, beside those of its kind. */
export interface StepDefinition {
  readonly id: string;
  readonly kind: string;
  readonly retry?: RetryPolicy;
  /** Milliseconds that an attempt may take. */
  readonly timeoutMs?: number;
  /** Steps that are done when the step has failed and no attempt is left. The run goes on with the output of the last of them. */
  readonly onError?: readonly StepDefinition[];
  /** Steps that undo it when the run fails after it was done. They see the error of the run as `error`. */
  readonly compensate?: readonly StepDefinition[];
  /** The idempotency key that the step sends, so that the receiver recognises a repetition; default: one that is made of the run and the step. */
  readonly idempotencyKey?: Template;
  readonly [setting: string]: unknown;
}

/** When runs of a workflow are started by the clock. */
export interface ScheduleDefinition {
  readonly cron: string;
  /** Default: UTC. */
  readonly timezone?: string;
  /** The handling of due times that came while no process ran; default: `last`, one run for all of them. */
  readonly missed?: 'skip' | 'last' | 'all';
  /** The handling of a due time that comes while a run of the schedule is not over; default: `skip`. */
  readonly overlap?: 'skip' | 'queue' | 'allow';
  /** The input of its runs; its expressions see the due time as `due`. */
  readonly input?: Template;
}

/** A field of the graph that starts runs. */
export interface MutationDefinition {
  /** In the language of GraphQL schemas: `type Mutation` with the field, and the types that it uses. */
  readonly definition: string;
  /** `synchronous` (default): it answers with what the run responds. `asynchronous`: with the id of the run, at once. */
  readonly kind?: 'synchronous' | 'asynchronous';
  /** The input of its runs; its expressions see `arguments` and `session` (`role`, `variables`). Default: the arguments. */
  readonly input?: Template;
  /** Milliseconds that it waits for the run, which goes on afterwards. Default: 30,000. */
  readonly timeoutMs?: number;
}

/** What a role may do with a workflow. */
export interface WorkflowPermission {
  readonly role: string;
  /** Whether it may start runs by the mutation field; default: yes. */
  readonly start?: boolean;
  /** The runs that it sees: those that the same role with the same session variables has started by the field, or all; default: none. */
  readonly see?: 'own' | 'all';
}

export interface WorkflowDefinition {
  readonly name: string;
  readonly description?: string;
  /** `false`: no run of it is started. */
  readonly enabled?: boolean;
  /** The role of its operations, where a step names no other. */
  readonly role?: string;
  /** Session variables of its operations, with expressions over `input`. */
  readonly sessionVariables?: Readonly<Record<string, Template>>;
  /** The JSON Schema of its input. */
  readonly input?: Readonly<Record<string, unknown>>;
  readonly schedule?: ScheduleDefinition;
  readonly mutation?: MutationDefinition;
  readonly permissions?: readonly WorkflowPermission[];
  /** Most runs at once; absent: any number. */
  readonly concurrency?: number;
  /** An expression over `input`: runs with the same key come one after the other. */
  readonly key?: Template;
  readonly priority?: 'high' | 'normal' | 'low';
  /** Milliseconds that a run may take, waiting included. */
  readonly timeoutMs?: number;
  readonly steps: readonly StepDefinition[];
  /** The output of a run; default: that of its last step. */
  readonly output?: Template;
}
