import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import {
  type CacheBudget,
  checkNesting,
  FozError,
  FozErrors,
  HeldBytes,
  type SourceName,
} from '../core/index.ts';
import {
  type Connector,
  compileCoercion,
  compileShape,
  inspectedPath,
  misreadList,
  operationOf,
  type Plan,
  planCost,
  planOperation,
  type Rules,
  settleNumbers,
  type VariableValues,
  type WhyAbsent,
  withoutPrototypes,
  wrongVariables,
} from '../plan/index.ts';
import { answerErrors, answerText, type EngineAnswer } from './answer.ts';
import type { BrokenColumns } from './broken-columns.ts';
import { concealed, type Sees } from './conceal.ts';
import { drifted, errorsOf } from './failures.ts';
import { Introspection, type IntrospectionRequest, type PackedText } from './introspection/index.ts';
import { type LiveOperation, liveOperation } from './live.ts';
import type { LiveContext } from './live-context.ts';
import { failedWrites } from './mutations.ts';
import type { OperationRequest } from './operation-request.ts';
import { type CachedOperation, type OnRun, operationKey, PlanCache, planKey } from './plan-cache.ts';
import { type PreparedPlan, preparePlan } from './prepared.ts';
import type { Written } from './written.ts';

/** Options of the engine of one role; fixed for its lifetime. */
export interface RoleEngineOptions {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly connectorOf: (source: SourceName) => Connector;
  /** Most keys a condition may carry between sources. */
  readonly keyCap: number;
  /** The most operations whose plans are cached, within the bytes of `plans`. */
  readonly cacheSize: number;
  /** Byte budget for cached plans; default: one of the engine's own. */
  readonly plans?: CacheBudget;
  /** Whether the caller may see the messages of the database itself. */
  readonly showInternal: boolean;
  /** Which tables errors may name; absent: all. */
  readonly sees?: Sees;
  /** Adds the columns of broken constraints to errors; absent: they have none but those that the database tells. */
  readonly broken?: BrokenColumns;
  /** Throws FozError for an operation that is not allowed; called once for each operation. */
  readonly admit?: (document: DocumentNode, operation: OperationDefinitionNode) => OnRun;
  /** The highest cost of an operation (see `planCost`); default: no limit. */
  readonly most?: { readonly cost: number | null };
  /** Why the graph has no operations of a kind; absent: not told. */
  readonly whyAbsent?: WhyAbsent;
  /** Called for every statement that failed with `unavailable`; must not throw. */
  readonly onUnavailable?: (source: SourceName, error: FozError) => void;
  /** Cache of introspection answers; default: one of the engine's own. */
  readonly introspections?: CacheBudget;
}

/** Plans and runs the operations of one role on one state of the catalog. */
export class RoleEngine {
  readonly options: RoleEngineOptions;
  readonly #plans: PlanCache;
  readonly #introspection: Introspection;

  constructor(options: RoleEngineOptions) {
    this.options = options;
    this.#plans = new PlanCache(options.plans, options.cacheSize);
    this.#introspection = new Introspection(options.schema, options.introspections);
  }

  /** Runs an operation from its cached plan; `undefined`: there is none, so it must be parsed, validated and planned. */
  cached(request: OperationRequest): Promise<EngineAnswer> | undefined {
    const entry = this.#plans.get(request);
    if (entry === undefined || entry.operation.operation === 'subscription') return undefined;
    const raw = this.#raw(entry, request);
    const shape = entry.shape(raw);
    if (shape === undefined) return undefined;
    const plan = entry.plans.get(planKey(entry, shape, raw));
    if (plan === undefined) return undefined;
    const variables = entry.coerce(raw);
    if (variables === undefined || this.#excess(plan.plan, variables) !== null) return undefined;
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
      entry = this.#entry(request);
      const raw = this.#raw(entry, request);
      values = this.#coerced(entry, raw);
      plan = this.#plan(entry, values, raw);
    } catch (error) {
      return answerErrors(errorsOf(error), 'request', this.options.showInternal);
    }
    return this.#run(plan, values, request, entry);
  }

  /** Plans a validated subscription, or finds its cached plan. Throws FozError or FozErrors. */
  live(request: OperationRequest & { readonly document: DocumentNode }): LiveOperation {
    const entry = this.#entry(request);
    const raw = this.#raw(entry, request);
    const values = this.#coerced(entry, raw);
    const plan = this.#plan(entry, values, raw);
    return liveOperation(plan, request, values, (context, after) =>
      this.#run(
        after === null ? plan : this.#plan(entry, values, raw, after),
        values,
        { ...request, ...context },
        entry,
      ),
    );
  }

  /** The plan of an operation as a readable list of statements. */
  explain(
    request: Pick<OperationRequest, 'query' | 'operationName' | 'variables' | 'hasExact'> & {
      readonly document: DocumentNode;
    },
  ): PreparedPlan {
    const entry = this.#entry(request);
    const raw = this.#raw(entry, request);
    return this.#plan(entry, this.#coerced(entry, raw), raw);
  }

  /** The variables as given. Numbers have all their digits where the scalar takes them. */
  #raw(
    entry: CachedOperation,
    { variables, hasExact }: Pick<OperationRequest, 'variables' | 'hasExact'>,
  ): VariableValues {
    return hasExact === true ? settleNumbers(this.options.schema, entry.operation, variables) : variables;
  }

  /** Coerced variables. Throws FozError `limit-exceeded`, or FozErrors with every problem of the variables. */
  #coerced({ coerce, operation }: CachedOperation, raw: VariableValues): VariableValues {
    for (const { variable } of operation.variableDefinitions ?? []) {
      const { value: name } = variable.name;
      checkNesting(Object.hasOwn(raw, name) ? raw[name] : null, `$.variableValues.${name}`);
    }
    const values = coerce(raw);
    if (values !== undefined) return values;
    const { schema } = this.options;
    const given = withoutPrototypes(raw) as VariableValues;
    const wrong = wrongVariables(schema, operation, given);
    throw new FozErrors(wrong.length > 0 ? wrong : [misreadList(schema, operation, given)]);
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

  #entry(request: {
    readonly query: string;
    readonly operationName: string | null;
    readonly document: DocumentNode;
  }): CachedOperation {
    const known = this.#plans.get(request);
    if (known !== undefined) return known;
    const operation = operationOf(request.document, request.operationName);
    const onRun = this.options.admit?.(request.document, operation);
    const { schema } = this.options;
    return this.#plans.add(request, {
      document: request.document,
      operation,
      onRun,
      coerce: compileCoercion(schema, operation),
      shape: compileShape(schema, operation),
    });
  }

  /** `after`: the position of the last row that a stream has sent. Such a plan is used once, so it is not cached. */
  #plan(
    entry: CachedOperation,
    values: VariableValues,
    raw: VariableValues,
    after: string | null = null,
  ): PreparedPlan {
    const shape = after === null ? entry.shape(raw) : undefined;
    const known = shape === undefined ? undefined : entry.plans.get(planKey(entry, shape, raw));
    if (known !== undefined) {
      this.#checkCost(known.plan, values);
      return known;
    }
    const inspected = new Set<string>(entry.inspected.map(({ text }) => text));
    const { schema, rules, connectorOf, keyCap, whyAbsent } = this.options;
    const plan = planOperation(
      entry.document,
      entry.operation,
      { values, inspected },
      {
        schema,
        rules,
        capabilities: (source) => connectorOf(source).capabilities,
        keyCap,
        ...(whyAbsent === undefined ? {} : { whyAbsent }),
        ...(after === null ? {} : { after }),
      },
    );
    this.#checkCost(plan, values);
    if (after !== null) return preparePlan(connectorOf, plan);
    const caching = this.#plans.newPlan(entry);
    const prepared = preparePlan(connectorOf, plan, (characters) => caching.grow(characters));
    if (inspected.size > entry.inspected.length) entry.inspected = [...inspected].map(inspectedPath);
    if (shape !== undefined) caching.store(planKey(entry, shape, raw), prepared);
    return prepared;
  }

  /** The cost of an operation and the limit, where the cost exceeds it, else `null`. A cached plan may cost more with other variables. */
  #excess(plan: Plan, variables: VariableValues): { cost: number; limit: number } | null {
    const limit = this.options.most?.cost ?? null;
    if (limit === null) return null;
    const cost = planCost(plan, variables);
    return cost > limit ? { cost, limit } : null;
  }

  #checkCost(plan: Plan, variables: VariableValues): void {
    const details = this.#excess(plan, variables);
    if (details === null) return;
    throw new FozError(
      'limit-exceeded',
      `The operation may touch ${details.cost} rows, but at most ${details.limit} are allowed: give its lists a smaller limit, or ask for less below them.`,
      { details },
    );
  }

  /** Runs a plan. Adds to the answer what the audit log records: the name of the operation, and the audited tables that it read. */
  #run(
    plan: PreparedPlan,
    variables: VariableValues,
    request: OperationRequest,
    entry: CachedOperation,
  ): Promise<EngineAnswer> {
    const answer = this.#answer(plan, variables, request, entry);
    const { audited } = plan;
    if (audited.length === 0 && plan.plan.kind !== 'mutation') return answer;
    const read = audited.length === 0 ? {} : { read: audited };
    const operationName = entry.operation.name?.value ?? null;
    return answer.then((finished) => ({ ...finished, ...read, operationName }));
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
    try {
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
      );
      // The answer to a write is checked before the commit: refusing it here would not undo the write.
      if (written === undefined) checkLength(data, held);
      const json = `{"data":${data}}`;
      return written === undefined
        ? { json, kind: 'data', errors: [] }
        : { json, kind: 'data', errors: [], written };
    } catch (error) {
      const { sees, broken, showInternal } = this.options;
      const found = errorsOf(error);
      this.#reportLost(found);
      const errors = found.map((one) => broken?.shown(one, sees) ?? concealed(one, sees));
      const answer = { ...answerErrors(errors, 'data', showInternal), ...drifted(found, written) };
      return written === undefined
        ? answer
        : { ...answer, written, unwritten: failedWrites(plan.plan, written, found) };
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
