import {
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import {
  type CacheBudget,
  type CacheShare,
  checkNesting,
  type EndSignal,
  FozError,
  FozErrors,
  HeldBytes,
  type SourceName,
  textBytes,
} from '../core/index.ts';
import {
  type Connector,
  compileCoercion,
  compileShape,
  type InspectedPath,
  inspectedKey,
  inspectedPath,
  needsList,
  operationOf,
  type Plan,
  planCost,
  planOperation,
  type Rules,
  settleNumbers,
  type VariableValues,
  withoutPrototypes,
} from '../plan/index.ts';
import { answerErrors, answerText, type EngineAnswer } from './answer.ts';
import { concealed, type Sees } from './conceal.ts';
import { drifted, errorsOf } from './failures.ts';
import { Introspection, type IntrospectionRequest, type PackedText } from './introspection/index.ts';
import { documentBytes, keptPlans, pathBytes, planBytes, statementBytes } from './kept.ts';
import { failedWrites } from './mutations.ts';
import { type PreparedPlan, preparePlan } from './prepared.ts';
import type { Written } from './written.ts';

/** An operation as it arrives. `variables` are raw JSON. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: VariableValues;
  /** Numbers of the variables may be ExactNumbers. */
  readonly hasExact?: boolean;
  /** Session variables, lower case without prefix. */
  readonly session: ReadonlyMap<string, string>;
  readonly signal: EndSignal;
  readonly timeoutMs: number | null;
  /** Counts what the request holds, over all its operations; absent: as much as one text can have. */
  readonly held?: HeldBytes;
  /** Awaited before a mutation runs; rejects with FozError where it must not. */
  readonly beforeWrite?: () => Promise<void>;
}

/** Called each time that an operation runs; absent: nobody wants to know. */
type OnRun = (() => void) | undefined;

/** What one role's engine works with; fixed for its life. */
export interface RoleEngineOptions {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly connectorOf: (source: SourceName) => Connector;
  /** Most keys a condition may carry between sources. */
  readonly keyCap: number;
  /** Operations whose plans are kept, as far as there is room for them. */
  readonly cacheSize: number;
  /** Room for plans; default: a place of the engine's own. */
  readonly plans?: CacheBudget;
  /** Whether the caller may read what the database itself said. */
  readonly showInternal: boolean;
  /** Which tables errors may name; absent: all. */
  readonly sees?: Sees;
  /** Refuses operations that are not to be asked for, by throwing FozError; asked once for each. */
  readonly admit?: (document: DocumentNode, operation: OperationDefinitionNode) => OnRun;
  /** The most that an operation may cost (see `planCost`); absent: any. */
  readonly most?: { readonly cost: number | null };
  /** Told of every statement that failed with `unavailable`; must not throw. */
  readonly onUnavailable?: (source: SourceName, error: FozError) => void;
  /** Where introspection answers are kept; default: a place of the engine's own. */
  readonly introspections?: CacheBudget;
}

/** One operation of one document: how its variables are keyed, and its plans by key. */
interface Entry {
  readonly key: string;
  /** Heap bytes of the entry, without its plans. */
  readonly bytes: number;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly onRun: OnRun;
  readonly coerce: (raw: VariableValues) => VariableValues | undefined;
  readonly shape: (raw: VariableValues) => string | undefined;
  /** Paths of variables whose values decide the plan; grows as plans are made. */
  inspected: readonly InspectedPath[];
  readonly plans: LRUCache<string, PreparedPlan>;
}

const plansPerOperation = 64;

/** Plans and runs the operations of one role on one state of the catalog. */
export class RoleEngine {
  readonly options: RoleEngineOptions;
  readonly #entries: CacheShare<Entry>;
  readonly #introspection: Introspection;

  constructor(options: RoleEngineOptions) {
    this.options = options;
    this.#entries = (options.plans ?? keptPlans()).share(options.cacheSize);
    this.#introspection = new Introspection(options.schema, options.introspections);
  }

  /** Runs an operation that is planned already; `undefined`: take the full path. */
  cached(request: OperationRequest): Promise<EngineAnswer> | undefined {
    const entry = this.#entries.get(keyOf(request));
    if (entry === undefined) return undefined;
    const raw = this.#raw(entry, request);
    const shape = entry.shape(raw);
    if (shape === undefined) return undefined;
    const plan = entry.plans.get(shape + inspectedKey(entry.inspected, raw));
    if (plan === undefined) return undefined;
    const variables = entry.coerce(raw);
    if (variables === undefined || this.#excess(plan.plan, variables) !== null) return undefined;
    return this.#run(plan, variables, request, entry);
  }

  /** The document of an operation that was planned before: parsed and validated. */
  document(query: string, operationName: string | null): DocumentNode | undefined {
    return this.#entries.get(keyOf({ query, operationName }))?.document;
  }

  /** Plans (or finds) and runs a validated document. Never rejects: what goes wrong is in the answer. */
  async execute(request: OperationRequest & { readonly document: DocumentNode }): Promise<EngineAnswer> {
    let plan: PreparedPlan;
    let values: VariableValues;
    let entry: Entry;
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

  /** The plan of an operation, for people. */
  explain(
    request: Pick<OperationRequest, 'query' | 'operationName' | 'variables' | 'hasExact'> & {
      readonly document: DocumentNode;
    },
  ): PreparedPlan {
    const entry = this.#entry(request);
    const raw = this.#raw(entry, request);
    return this.#plan(entry, this.#coerced(entry, raw), raw);
  }

  /** The variables as they were given, numbers with all their digits where a scalar takes them. */
  #raw(
    entry: Entry,
    { variables, hasExact }: Pick<OperationRequest, 'variables' | 'hasExact'>,
  ): VariableValues {
    return hasExact === true ? settleNumbers(this.options.schema, entry.operation, variables) : variables;
  }

  /** Coerced variables. Throws FozError `limit-exceeded`, or FozErrors that tell all that is wrong with them. */
  #coerced({ coerce, operation }: Entry, raw: VariableValues): VariableValues {
    for (const { variable } of operation.variableDefinitions ?? [])
      checkNesting(Object.hasOwn(raw, variable.name.value) ? raw[variable.name.value] : null, '$.variables');
    const values = coerce(raw);
    if (values !== undefined) return values;
    const { errors = [] } = getVariableValues(
      this.options.schema,
      operation.variableDefinitions ?? [],
      withoutPrototypes(raw) as VariableValues,
    );
    const reasons =
      errors.length > 0 ? errors.map(({ message }) => message) : [`The variables do not fit: ${needsList}.`];
    throw new FozErrors(
      reasons.map((reason) => new FozError('validation-failed', reason, { path: '$.variables' })),
    );
  }

  /** Drops all that is kept, and keeps nothing more; what runs goes on. */
  close(): void {
    this.#entries.close();
    this.#introspection.close();
  }

  /** Plans kept at the moment. */
  get size(): number {
    let size = 0;
    for (const entry of this.#entries.values()) size += entry.plans.size;
    return size;
  }

  #entry(request: {
    readonly query: string;
    readonly operationName: string | null;
    readonly document: DocumentNode;
  }): Entry {
    const key = keyOf(request);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const operation = operationOf(request.document, request.operationName);
      const onRun = this.options.admit?.(request.document, operation);
      const { schema } = this.options;
      entry = {
        key,
        bytes: textBytes(key) + documentBytes(request.document, request.query),
        document: request.document,
        operation,
        onRun,
        coerce: compileCoercion(schema, operation),
        shape: compileShape(schema, operation),
        inspected: [],
        plans: new LRUCache({ max: plansPerOperation, maxSize: this.#entries.largest }),
      };
      this.#keep(entry);
    }
    return entry;
  }

  #keep(entry: Entry): void {
    const own = entry.bytes + pathBytes(entry.inspected);
    // Where not all of its plans have room, the newest one stays.
    while (own + entry.plans.calculatedSize > this.#entries.largest && entry.plans.size > 1)
      entry.plans.pop();
    this.#entries.set(entry.key, entry, own + entry.plans.calculatedSize);
  }

  /** Keeps a plan, with the statements that it has compiled so far. */
  #keepPlan(entry: Entry, key: string, plan: PreparedPlan, bytes: number): void {
    // An equal value would keep the size that it had.
    entry.plans.delete(key);
    entry.plans.set(key, plan, { size: bytes });
    this.#keep(entry);
  }

  #plan(entry: Entry, values: VariableValues, raw: VariableValues): PreparedPlan {
    const shape = entry.shape(raw);
    const known =
      shape === undefined ? undefined : entry.plans.get(shape + inspectedKey(entry.inspected, raw));
    if (known !== undefined) {
      this.#checkCost(known.plan, values);
      return known;
    }
    const inspected = new Set<string>(entry.inspected.map(({ text }) => text));
    const { schema, rules, connectorOf, keyCap } = this.options;
    const plan = planOperation(
      entry.document,
      entry.operation,
      { values, inspected },
      {
        schema,
        rules,
        capabilities: (source) => connectorOf(source).capabilities,
        keyCap,
      },
    );
    this.#checkCost(plan, values);
    let key: string | undefined;
    let bytes = planBytes(entry.document, entry.key);
    const prepared = preparePlan(connectorOf, plan, (characters) => {
      bytes += statementBytes(characters);
      if (key === undefined || entry.plans.peek(key) !== prepared) return;
      // Compiled when it was needed the first time.
      if (this.#entries.peek(entry.key) === entry) this.#keepPlan(entry, key, prepared, bytes);
    });
    if (inspected.size > entry.inspected.length) entry.inspected = [...inspected].map(inspectedPath);
    if (shape === undefined) return prepared;
    key = shape + inspectedKey(entry.inspected, raw);
    bytes += textBytes(key);
    this.#keepPlan(entry, key, prepared, bytes);
    return prepared;
  }

  /** What an operation may cost where that is too much, else `null`. Of a plan that is kept it depends on the variables of a request. */
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

  /** Runs a plan, and tells what account is kept of: its name, and what it read of the tables whose reads are. */
  #run(
    plan: PreparedPlan,
    variables: VariableValues,
    request: OperationRequest,
    entry: Entry,
  ): Promise<EngineAnswer> {
    const answer = this.#answer(plan, variables, request, entry);
    const { audited } = plan;
    if (audited.length === 0 && plan.plan.kind !== 'mutation') return answer;
    const read = audited.length === 0 ? {} : { read: audited };
    const operationName = entry.operation.name?.value ?? null;
    return answer.then((told) => ({ ...told, ...read, operationName }));
  }

  async #answer(
    plan: PreparedPlan,
    variables: VariableValues,
    request: OperationRequest,
    entry: Entry,
  ): Promise<EngineAnswer> {
    const held = request.held ?? new HeldBytes(null);
    const context = { signal: request.signal, timeoutMs: request.timeoutMs, held };
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
      const { sees, showInternal } = this.options;
      const found = errorsOf(error);
      this.#tellOfLost(found);
      const errors = found.map((one) => concealed(one, sees));
      const answer = { ...answerErrors(errors, 'data', showInternal), ...drifted(found, written) };
      return written === undefined
        ? answer
        : { ...answer, written, unwritten: failedWrites(plan.plan, written, found) };
    }
  }

  #tellOfLost(errors: readonly FozError[]): void {
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
  { document, operation }: Entry,
  variables: VariableValues,
  request: OperationRequest,
): IntrospectionRequest {
  const { signal, held } = request;
  return {
    key: keyOf(request),
    document,
    operation,
    variables,
    signal,
    ...(held === undefined ? {} : { most: held.limit }),
  };
}

function keyOf(request: { readonly query: string; readonly operationName: string | null }): string {
  return request.operationName === null ? request.query : `${request.operationName}\0${request.query}`;
}
