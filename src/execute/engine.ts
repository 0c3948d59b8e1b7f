import type { DocumentNode } from 'graphql';
import { type CacheBudget, FozError, HeldBytes, type SourceName } from '../core/index.ts';
import type { VariableValues } from '../plan/index.ts';
import { answerErrors, answerText, type EngineAnswer } from './answer.ts';
import type { BrokenColumns } from './broken-columns.ts';
import { concealed, type VisibleNames } from './conceal.ts';
import { drifted, errorsOf } from './failures.ts';
import { Introspection, type IntrospectionRequest, type PackedText } from './introspection/index.ts';
import { type LiveOperation, liveOperation } from './live.ts';
import type { LiveContext } from './live-context.ts';
import { failedWrites } from './mutations.ts';
import { OperationPlans, type PlanningOptions } from './operation-plans.ts';
import type { OperationRequest } from './operation-request.ts';
import { type CachedOperation, operationKey, planKey } from './plan-cache.ts';
import type { PreparedPlan } from './prepared.ts';
import type { Called, Written } from './written.ts';

/** Options of the engine of one role; fixed for its lifetime. */
export interface RoleEngineOptions extends PlanningOptions {
  /** Whether the caller may see the messages of the database itself. */
  readonly showInternal: boolean;
  /** Which tables errors may name; absent: all. */
  readonly sees?: VisibleNames;
  /** Adds the columns of broken constraints to errors; default: they have only those that the database reports. */
  readonly broken?: BrokenColumns;
  /** Called for every statement that failed with `unavailable`; must not throw. */
  readonly onUnavailable?: (source: SourceName, error: FozError) => void;
  /** Cache of introspection answers; default: one of the engine's own. */
  readonly introspections?: CacheBudget;
}

/** Plans and runs the operations of one role on one state of the catalog. */
export class RoleEngine {
  readonly options: RoleEngineOptions;
  readonly #plans: OperationPlans;
  readonly #introspection: Introspection;

  constructor(options: RoleEngineOptions) {
    this.options = options;
    this.#plans = new OperationPlans(options);
    this.#introspection = new Introspection(options.schema, options.introspections);
  }

  /** Runs an operation from its cached plan; `undefined`: there is none, so it must be parsed, validated and planned. */
  cached(request: OperationRequest): Promise<EngineAnswer> | undefined {
    const entry = this.#plans.get(request);
    if (entry === undefined || entry.operation.operation === 'subscription') return undefined;
    const raw = this.#plans.raw(entry, request);
    const shape = entry.shape(raw);
    if (shape === undefined) return undefined;
    const plan = entry.plans.get(planKey(entry, shape, raw));
    if (plan === undefined) return undefined;
    const variables = entry.coerce(raw);
    if (variables === undefined || this.#plans.excess(plan.plan, variables) !== null) return undefined;
    return this.#run(plan, variables, request, entry);
  }

  /** The parsed and validated document of a cached operation. */
  document(query: string, operationName: string | null): DocumentNode | undefined {
    return this.#plans.get({ query, operationName })?.document;
  }

  /** Plans a validated document (or finds its cached plan) and runs it. Never rejects: errors are part of the answer. */
  async execute(request: OperationRequest & { readonly document: DocumentNode }): Promise<EngineAnswer> {
    let plan: PreparedPlan;
    let values: VariableValues;
    let entry: CachedOperation;
    try {
      entry = this.#plans.entry(request);
      const raw = this.#plans.raw(entry, request);
      values = this.#plans.coerced(entry, raw);
      plan = this.#plans.plan(entry, values, raw);
    } catch (error) {
      return answerErrors(errorsOf(error), 'request', this.options.showInternal);
    }
    return this.#run(plan, values, request, entry);
  }

  /** Plans a validated subscription, or finds its cached plan. Throws FozError or FozErrors. */
  live(request: OperationRequest & { readonly document: DocumentNode }): LiveOperation {
    const entry = this.#plans.entry(request);
    const raw = this.#plans.raw(entry, request);
    const values = this.#plans.coerced(entry, raw);
    const plan = this.#plans.plan(entry, values, raw);
    return liveOperation(
      plan,
      request,
      values,
      (context, after) =>
        this.#run(
          after === null ? plan : this.#plans.plan(entry, values, raw, after),
          values,
          { ...request, ...context },
          entry,
        ),
      (data) => {
        entry.onRun?.();
        return recorded({ json: `{"data":${data}}`, kind: 'data', errors: [] }, plan, entry);
      },
    );
  }

  /** The plan of an operation as a readable list of statements. */
  explain(
    request: Pick<OperationRequest, 'query' | 'operationName' | 'variables' | 'hasExact'> & {
      readonly document: DocumentNode;
    },
  ): PreparedPlan {
    const entry = this.#plans.entry(request);
    const raw = this.#plans.raw(entry, request);
    return this.#plans.plan(entry, this.#plans.coerced(entry, raw), raw);
  }

  /** Empties and closes the caches. Running operations go on. */
  close(): void {
    this.#plans.close();
    this.#introspection.close();
  }

  /** Number of cached plans. */
  get size(): number {
    return this.#plans.size;
  }

  /** Runs a plan. */
  #run(
    plan: PreparedPlan,
    variables: VariableValues,
    request: OperationRequest,
    entry: CachedOperation,
  ): Promise<EngineAnswer> {
    const answer = this.#answer(plan, variables, request, entry);
    if (plan.audited.length === 0 && plan.plan.kind !== 'mutation') return answer;
    return answer.then((finished) => recorded(finished, plan, entry));
  }

  async #answer(
    plan: PreparedPlan,
    variables: VariableValues,
    request: OperationRequest,
    entry: CachedOperation,
  ): Promise<EngineAnswer> {
    const held = request.held ?? new HeldBytes(null);
    const { signal, timeoutMs, onBatch, changes } = request;
    const context: LiveContext = {
      signal,
      timeoutMs,
      held,
      ...(onBatch === undefined ? {} : { onBatch }),
      ...(changes === undefined ? {} : { changes }),
    };
    entry.onRun?.();
    const written: Written[] | undefined = plan.plan.kind === 'mutation' ? [] : undefined;
    const called: Called[] = [];
    try {
      checkWithin(plan, request);
      if (written !== undefined) await request.beforeWrite?.();
      if (plan.introspectsOnly) {
        const asked = introspectionOf(entry, variables, request);
        return answerText(admitted(await this.#introspection.answer(plan.plan.roots, asked), held));
      }
      const data = await plan.run(
        { variables, session: request.session, steps: [], parents: null },
        context,
        () => this.#introspection.texts(introspectionOf(entry, variables, request)),
        written,
        request.writes,
        called,
      );
      // The answer to a write is checked before the commit: refusing it here would not undo the write.
      if (written === undefined) checkLength(data, held);
      const json = `{"data":${data}}`;
      return written === undefined || request.writes?.within !== undefined
        ? { json, kind: 'data', errors: [] }
        : { json, kind: 'data', errors: [], written, ...calledBy(called) };
    } catch (error) {
      const { sees, broken, showInternal } = this.options;
      const found = errorsOf(error);
      this.#reportLost(found);
      const errors = found.map((one) => broken?.shown(one, sees) ?? concealed(one, sees));
      // What was called is not called again.
      const again = called.length > 0 ? {} : drifted(found, written);
      const answer = { ...answerErrors(errors, 'data', showInternal), ...again };
      return written === undefined
        ? answer
        : { ...answer, written, unwritten: failedWrites(plan.plan, written, found), ...calledBy(called) };
    }
  }

  #reportLost(errors: readonly FozError[]): void {
    const { onUnavailable } = this.options;
    if (onUnavailable === undefined) return;
    for (const error of errors) {
      const source = error.details?.source as SourceName | undefined;
      if (error.code === 'unavailable' && source !== undefined) onUnavailable(source, error);
    }
  }
}

const calledBy = (called: readonly Called[]) => (called.length === 0 ? {} : { called });

/** Queries would not see what the transaction has written. */
function checkWithin({ plan }: PreparedPlan, { writes }: OperationRequest): void {
  if (writes?.within === undefined || plan.kind === 'mutation') return;
  throw new FozError('validation-failed', 'Only mutations can be a part of a transaction.');
}

/** Adds to an answer what the audit log records: the name of the operation, and the audited tables that it read. */
function recorded(
  answer: EngineAnswer,
  { audited, plan }: PreparedPlan,
  { operation }: CachedOperation,
): EngineAnswer {
  if (audited.length === 0 && plan.kind !== 'mutation') return answer;
  const read = audited.length === 0 ? {} : { read: audited };
  return { ...answer, ...read, operationName: operation.name?.value ?? null };
}

/** Counts an introspection answer against the held bytes; a compressed one by its compressed size. */
function admitted(text: string | PackedText, held: HeldBytes): string | PackedText {
  const refusal = held.take(typeof text === 'string' ? text.length : text.packedBytes);
  if (refusal !== null) throw refusal;
  return text;
}

/** Checks the length of an answer in bytes. While it was built, only its characters were counted. */
function checkLength(data: string, held: HeldBytes): void {
  if (data.length * 3 > held.limit) held.check(Buffer.byteLength(data));
}

function introspectionOf(
  { document, operation }: CachedOperation,
  variables: VariableValues,
  request: OperationRequest,
): IntrospectionRequest {
  const { signal, held } = request;
  return {
    key: operationKey(request),
    document,
    operation,
    variables,
    signal,
    ...(held === undefined ? {} : { most: held.limit }),
  };
}
