import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type CacheBudget, type CacheShare, textBytes } from '../core/index.ts';
import { type InspectedPath, inspectedKey, type VariableValues } from '../plan/index.ts';
import { documentBytes, pathBytes, planBudget, planBytes, statementBytes } from './plan-bytes.ts';
import type { PreparedPlan } from './prepared.ts';

/** Called each time that an operation runs. */
export type OnRun = (() => void) | undefined;

/** One operation of one document, with its cached plans by the values of the variables that decide the plan. */
export interface CachedOperation {
  readonly key: string;
  /** Estimated heap bytes of the operation, without its plans. */
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

interface OperationName {
  readonly query: string;
  readonly operationName: string | null;
}

const plansPerOperation = 64;

/** The cached operations and plans of one engine, within a budget of bytes that other engines share. */
export class PlanCache {
  readonly #operations: CacheShare<CachedOperation>;

  /** `budget`: default: one of the cache's own. `most`: operations. */
  constructor(budget: CacheBudget | undefined, most: number) {
    this.#operations = (budget ?? planBudget()).share(most);
  }

  get(name: OperationName): CachedOperation | undefined {
    return this.#operations.get(operationKey(name));
  }

  /** Adds an operation without plans. */
  add(
    name: OperationName,
    parts: Pick<CachedOperation, 'document' | 'operation' | 'onRun' | 'coerce' | 'shape'>,
  ): CachedOperation {
    const key = operationKey(name);
    const operation: CachedOperation = {
      ...parts,
      key,
      bytes: textBytes(key) + documentBytes(parts.document, name.query),
      inspected: [],
      plans: new LRUCache({ max: plansPerOperation, maxSize: this.#operations.largest }),
    };
    this.#keep(operation);
    return operation;
  }

  /** Begins to count the bytes of a plan that is about to be made. */
  newPlan(operation: CachedOperation): NewPlan {
    return new NewPlan(operation, {
      store: (key, plan, bytes) => this.#keepPlan(operation, key, plan, bytes),
      // The operation may have been evicted since.
      resize: (key, plan, bytes) => {
        if (this.#operations.peek(operation.key) === operation) this.#keepPlan(operation, key, plan, bytes);
      },
    });
  }

  /** Number of cached plans. */
  get size(): number {
    let size = 0;
    for (const { plans } of this.#operations.values()) size += plans.size;
    return size;
  }

  /** Empties and closes the cache. */
  close(): void {
    this.#operations.close();
  }

  #keep(operation: CachedOperation): void {
    const { plans } = operation;
    const own = operation.bytes + pathBytes(operation.inspected);
    // Where the plans of one operation exceed the budget, the oldest are dropped; the newest one stays.
    while (own + plans.calculatedSize > this.#operations.largest && plans.size > 1) plans.pop();
    this.#operations.set(operation.key, operation, own + plans.calculatedSize);
  }

  #keepPlan(operation: CachedOperation, key: string, plan: PreparedPlan, bytes: number): void {
    // The cache would keep the old size of an equal value.
    operation.plans.delete(key);
    operation.plans.set(key, plan, { size: bytes });
    this.#keep(operation);
  }
}

type StorePlan = (key: string, plan: PreparedPlan, bytes: number) => void;

/** The bytes of one plan. They grow with each of its statements, which are compiled on first use. */
class NewPlan {
  readonly #operation: CachedOperation;
  readonly #cache: Readonly<Record<'store' | 'resize', StorePlan>>;
  #bytes: number;
  /** The plan, once it is cached. */
  #cached: { readonly key: string; readonly plan: PreparedPlan } | null = null;

  constructor(operation: CachedOperation, cache: Readonly<Record<'store' | 'resize', StorePlan>>) {
    this.#operation = operation;
    this.#cache = cache;
    this.#bytes = planBytes(operation.document, operation.key);
  }

  /** Adds the characters of a compiled statement. If the plan is still cached, it gets its new size. */
  grow(characters: number): void {
    this.#bytes += statementBytes(characters);
    if (this.#cached === null) return;
    const { key, plan } = this.#cached;
    if (this.#operation.plans.peek(key) === plan) this.#cache.resize(key, plan, this.#bytes);
  }

  /** Caches the plan. */
  store(key: string, plan: PreparedPlan): void {
    this.#cached = { key, plan };
    this.#bytes += textBytes(key);
    this.#cache.store(key, plan, this.#bytes);
  }
}

/** The key of a plan in `plans`: the shape of the variables, and the values that decide the plan. */
export function planKey({ inspected }: CachedOperation, shape: string, raw: VariableValues): string {
  return shape + inspectedKey(inspected, raw);
}

/** The key of an operation: its document, with its name if the document has several. */
export function operationKey({ query, operationName }: OperationName): string {
  return operationName === null ? query : `${operationName}\0${query}`;
}
