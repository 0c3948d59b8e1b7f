import { FozError } from '../../core/index.ts';
import type { AuthorizedClient, MailMessage, SentMail } from '../../outbound/index.ts';
import type { RunEvent, RunResult, Wait } from '../../store/index.ts';
import type { StepDefinition, Template, WorkflowDefinition } from '../definition.ts';
import type { Failure } from '../failure.ts';
import type { Scripts } from '../scripts/index.ts';

/** The names that expressions can use. */
export interface Scope {
  readonly run: { readonly id: string };
  readonly input: unknown;
  /** The outputs of steps, by their ids. */
  readonly steps: Readonly<Record<string, unknown>>;
  /** Within a repetition: the item and its index. */
  readonly item?: unknown;
  readonly index?: number;
  /** Within `onError`: the error of the step. */
  readonly error?: unknown;
}

/** A step of a run, as the audit log names it. */
export interface StepCaller {
  readonly workflow: string;
  readonly run: string;
  readonly path: string;
}

/** The role of a workflow, and its session variables as texts. */
export interface StepSession {
  /** `null`: the workflow has none, so each operation names its own. */
  readonly role: string | null;
  readonly variables: Readonly<Record<string, string>>;
}

/** A GraphQL operation on the graph of this server. */
export interface GraphqlRequest {
  /** Whose operation it is: its workflow, run and step. */
  readonly caller: StepCaller;
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly role: string;
  readonly sessionVariables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Its writes under this id are done once: a repetition has the answer of the first time. */
  readonly once?: string;
}

export interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: unknown };
  }[];
}

/** A statement in the SQL of a source. */
export interface SqlRequest {
  /** Whose statement it is: its workflow, run and step. */
  readonly caller: StepCaller;
  /** The role of the workflow; `null`: it has none. */
  readonly role: string | null;
  readonly source: string;
  readonly statement: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Default: what the statement begins with decides. */
  readonly mode?: 'read' | 'write';
  readonly mostRows: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** As that of a GraphQL request. */
  readonly once?: string;
}

/** The rows that a statement returns, and the number of rows that it has written. */
export interface SqlAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly affected: number;
}

/** A transaction on one source. */
export interface TransactionRequest {
  readonly caller: StepCaller;
  readonly role: string | null;
  readonly source: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** As that of a GraphQL request. */
  readonly once?: string;
}

/** The operations within an open transaction. */
export interface OpenTransaction {
  graphql(request: Omit<GraphqlRequest, 'once'>): Promise<GraphqlAnswer>;
  sql(request: Pick<SqlRequest, 'statement' | 'params' | 'mostRows'>): Promise<SqlAnswer>;
}

/** The services through which steps reach the outside. A step whose service is absent fails. */
export interface StepServices {
  /** Runs an operation as a role. */
  graphql(request: GraphqlRequest): Promise<GraphqlAnswer>;
  /** Sends HTTP requests, with credentials by name. */
  readonly http?: Pick<AuthorizedClient, 'send'>;
  /** Runs a statement on a source that allows it. */
  sql?(request: SqlRequest): Promise<SqlAnswer>;
  /** Sends mails by servers that credentials name. */
  readonly mail?: {
    send(credential: string, message: MailMessage, signal: AbortSignal): Promise<SentMail>;
  };
  /** Runs user JavaScript. */
  readonly scripts?: Pick<Scripts, 'run'>;
  /**
   * Does writes in a transaction, which is committed when `body` resolves. After a conflict it is done again. Resolves with the result, which is
   * JSON; of a repetition under the same id, with that of the first time.
   */
  transaction?<T>(request: TransactionRequest, body: (open: OpenTransaction) => Promise<T>): Promise<T>;
}

/** Other runs and signals, as the steps of a run see them. */
export interface RunLinks {
  /** Starts a run of the current version, unless there is one of that id. `waits`: its end wakes this run, and that of this run cancels it. */
  start(child: {
    readonly id: string;
    readonly workflow: string;
    readonly input: unknown;
    readonly waits: boolean;
  }): Promise<void>;
  /** How a run has ended, or that it has not; `null`: there is none. */
  result(id: string): Promise<RunResult | null>;
  cancel(id: string): Promise<void>;
  /** The payload of the signal of a wait; `null`: there is none yet. */
  take(wait: Wait): Promise<{ readonly payload: unknown } | null>;
  forget(wait: Wait): Promise<void>;
  hasCome(event: RunEvent): Promise<boolean>;
}

/** A service. Throws FozError `not-supported` where this server does not have it. */
export function serviceOf<Name extends keyof StepServices>(
  services: StepServices,
  name: Name,
): NonNullable<StepServices[Name]> {
  const service = services[name];
  if (service === undefined)
    throw new FozError('not-supported', `This server has nothing set up for steps that need "${name}".`);
  return service;
}

/** The means of a running step. */
export interface StepContext {
  /** The path of the step in its run. */
  readonly path: string;
  /** Equal for all attempts at this step, so that whoever gets its effect twice can tell. */
  readonly idempotencyKey: string;
  readonly run: string;
  readonly workflow: string;
  readonly signal: AbortSignal;
  readonly services: StepServices;
  /** The session of the workflow. Rejects where an expression of it fails. */
  session(): Promise<StepSession>;
  readonly links: RunLinks;
  /** Milliseconds until the wait ends that a former attempt began; `null`: none did. */
  readonly resumeMs: number | null;
  /**
   * Does nested steps, one after the other. Their outputs can be seen by later steps. Resolves with the last output. `pass`: the number of a
   * repetition, which is part of their paths, and which they see as `index`.
   */
  block(steps: readonly StepDefinition[], pass?: number): Promise<unknown>;
  /** Does nested steps several times, or several lists of them, at the same time. Each branch has a name within the path, and outputs of its own. */
  branches(branches: readonly Branch[], options: BranchOptions): Promise<readonly BranchResult[]>;
  /** Waits without holding a worker. */
  wait(ms: number): Promise<void>;
  /** Waits for an event without holding a worker. */
  waitFor(event: RunEvent): Promise<void>;
  /** Evaluates a value once, under a name within the path: later, and after a kill, it is the recorded one. */
  decided(name: string, value: Template, names: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Evaluates a value with expressions now. `names`: what they see besides the scope of the step. */
  evaluate(value: Template, names: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export interface Branch {
  readonly name: string;
  readonly steps: readonly StepDefinition[];
  readonly scope?: Pick<Scope, 'item' | 'index'>;
}

export interface BranchOptions {
  /** Most branches at once. */
  readonly concurrency: number;
  /** Whether this result suffices: no more branches are begun, and running ones are aborted. */
  readonly isEnough: (result: BranchResult) => boolean;
}

export type BranchResult =
  | { readonly name: string; readonly output: unknown }
  | { readonly name: string; readonly failure: unknown };

/** A kind of step. `Input`: its settings, with the values of their expressions. */
export interface StepKind<Input = never> {
  readonly kind: string;
  /** The JSON Schema of each setting. */
  readonly settings: Readonly<Record<string, object>>;
  readonly required: readonly string[];
  /** Settings whose expressions are evaluated before the step begins. */
  readonly templates: readonly string[];
  /** Settings with expressions that the step evaluates itself, while it runs. */
  readonly lateTemplates?: readonly string[];
  /** Whether the step has an effect outside its run: everything recorded before is committed first. */
  readonly hasEffect: boolean;
  /** The faults of the settings of a step that their schema does not find. `place`: within the step, as a JSON Pointer. */
  faults?(
    step: StepDefinition,
    workflow: WorkflowDefinition,
  ): readonly { readonly place: string; readonly message: string }[];
  /** Its nested lists of steps, for checks of definitions. */
  nested?(step: StepDefinition): readonly (readonly [place: string, steps: readonly StepDefinition[]])[];
  /** Completes the input of an attempt with what has to be the same after a kill, and new for the next attempt. */
  prepare?(input: Input): object;
  /** The step has ended without its output, because of its time, or because its branch is not needed. */
  abandon?(input: Input, context: StepContext): Promise<void>;
  /** Whether another attempt after a failure may succeed, where the retry policy names no codes; default: always. */
  isPassing?(failure: Failure): boolean;
  run(input: Input, context: StepContext): Promise<unknown>;
}

/** The id under which a write is done once: that of the step, or of its idempotency key in all runs of the workflow. */
export function onceOf(once: boolean | undefined, context: StepContext): { readonly once?: string } {
  const { workflow, path, idempotencyKey } = context;
  if (once !== true) return {};
  return { once: JSON.stringify([workflow, path.slice(path.lastIndexOf('/') + 1), idempotencyKey]) };
}

/** The JSON Schema of a value with expressions. */
export const template: object = {};
/** The JSON Schema of a list of steps. */
export const stepList = { $ref: '#/$defs/steps' };

export type { StepDefinition, Template };
