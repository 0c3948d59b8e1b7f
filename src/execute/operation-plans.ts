import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { type CacheBudget, checkNesting, FozError, FozErrors, type SourceName } from '../core/index.ts';
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
import type { OperationRequest } from './operation-request.ts';
import { type CachedOperation, type OnRun, PlanCache, planKey } from './plan-cache.ts';
import { type PreparedPlan, preparePlan } from './prepared.ts';
import type { CallService } from './services.ts';

/** Options of the plans of one role. */
export interface PlanningOptions {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly connectorOf: (source: SourceName) => Connector;
  /** Most keys a condition may carry between sources. */
  readonly keyCap: number;
  /** The most operations whose plans are cached, within the bytes of `plans`. */
  readonly cacheSize: number;
  /** Byte budget for cached plans; default: one of the engine's own. */
  readonly plans?: CacheBudget;
  /** Decides whether an operation may run; called once for each operation. Throws FozError for one that is not allowed. */
  readonly admit?: (document: DocumentNode, operation: OperationDefinitionNode) => OnRun;
  /** The highest cost of an operation (see `planCost`); default: no limit. */
  readonly most?: { readonly cost: number | null };
  /** Why the graph has no operations of a kind; default: errors do not say why. */
  readonly whyAbsent?: WhyAbsent;
  /** Answers the fields that are not those of tables; default: they are refused. */
  readonly callService?: CallService;
}

/** The operations of one role with their plans: looked up in a cache, or planned. */
export class OperationPlans {
  readonly #options: PlanningOptions;
  readonly #cache: PlanCache;

  constructor(options: PlanningOptions) {
    this.#options = options;
    this.#cache = new PlanCache(options.plans, options.cacheSize);
  }

  /** The cached operation of a document; `undefined`: it was never planned, or is not cached any more. */
  get(request: Pick<OperationRequest, 'query' | 'operationName'>): CachedOperation | undefined {
    return this.#cache.get(request);
  }

  /** Number of cached plans. */
  get size(): number {
    return this.#cache.size;
  }

  /** Empties and closes the cache. */
  close(): void {
    this.#cache.close();
  }

  /** The variables as given. Numbers have all their digits where the scalar takes them. */
  raw(
    entry: CachedOperation,
    { variables, hasExact }: Pick<OperationRequest, 'variables' | 'hasExact'>,
  ): VariableValues {
    return hasExact === true ? settleNumbers(this.#options.schema, entry.operation, variables) : variables;
  }

  /** Coerced variables. Throws FozError `limit-exceeded`, or FozErrors with every problem of the variables. */
  coerced({ coerce, operation }: CachedOperation, raw: VariableValues): VariableValues {
    for (const { variable } of operation.variableDefinitions ?? []) {
      const { value: name } = variable.name;
      checkNesting(Object.hasOwn(raw, name) ? raw[name] : null, `$.variableValues.${name}`);
    }
    const values = coerce(raw);
    if (values !== undefined) return values;
    const { schema } = this.#options;
    const given = withoutPrototypes(raw) as VariableValues;
    const wrong = wrongVariables(schema, operation, given);
    throw new FozErrors(wrong.length > 0 ? wrong : [misreadList(schema, operation, given)]);
  }

  /** The cached operation of a document, entered into the cache where it is new. Throws what `admit` does. */
  entry(request: {
    readonly query: string;
    readonly operationName: string | null;
    readonly document: DocumentNode;
  }): CachedOperation {
    const known = this.#cache.get(request);
    if (known !== undefined) return known;
    const operation = operationOf(request.document, request.operationName);
    const onRun = this.#options.admit?.(request.document, operation);
    const { schema } = this.#options;
    return this.#cache.add(request, {
      document: request.document,
      operation,
      onRun,
      coerce: compileCoercion(schema, operation),
      shape: compileShape(schema, operation),
    });
  }

  /**
   * The plan of an operation, from the cache or new. Throws FozError or FozErrors. `after`: the position of the last row that a stream has
   * sent. Such a plan is used once, so it is not cached.
   */
  plan(
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
    const { schema, rules, connectorOf, keyCap, whyAbsent, callService } = this.#options;
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
    if (after !== null) return preparePlan(connectorOf, plan, undefined, callService);
    const caching = this.#cache.newPlan(entry);
    const prepared = preparePlan(connectorOf, plan, (characters) => caching.grow(characters), callService);
    if (inspected.size > entry.inspected.length) entry.inspected = [...inspected].map(inspectedPath);
    if (shape !== undefined) caching.store(planKey(entry, shape, raw), prepared);
    return prepared;
  }

  /** The cost of an operation and the limit, where the cost exceeds it, else `null`. A cached plan may cost more with other variables. */
  excess(plan: Plan, variables: VariableValues): { cost: number; limit: number } | null {
    const limit = this.#options.most?.cost ?? null;
    if (limit === null) return null;
    const cost = planCost(plan, variables);
    return cost > limit ? { cost, limit } : null;
  }

  #checkCost(plan: Plan, variables: VariableValues): void {
    const details = this.excess(plan, variables);
    if (details === null) return;
    throw new FozError(
      'limit-exceeded',
      `The operation may touch ${details.cost} rows, but at most ${details.limit} are allowed (limit "cost"): give its lists a smaller limit, or ask for less below them.`,
      { details },
    );
  }
}
