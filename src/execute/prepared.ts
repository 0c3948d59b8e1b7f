import type { SourceName } from '../core/index.ts';
import {
  type Bindings,
  type Connector,
  capacityFor,
  type Dependencies,
  dependenciesOf,
  type Plan,
  type Root,
  type RunContext,
  type Runner,
  rootFields,
  tablesRead,
} from '../plan/index.ts';
import { heldSources } from './connection-order.ts';
import type { Explained } from './explain.ts';
import { placed } from './failures.ts';
import { ofSource, type Running } from './fetch.ts';
import { type PreparedMutations, prepareMutations } from './mutations.ts';
import type { OwnWrites } from './operation-request.ts';
import { prepareSets } from './parameter-sets.ts';
import type { ConnectorOf } from './prepare.ts';
import { isRead, type PreparedRoot, prepareReads } from './roots.ts';
import { type PreparedStep, prepareStep } from './steps.ts';
import type { ReadTable, Written } from './written.ts';

/** A plan that is compiled for its sources. It can run any number of times. */
export interface PreparedPlan {
  readonly plan: Plan;
  /** Whether the operation only introspects: `__schema` or `__type`, with or without `__typename`. */
  readonly introspectsOnly: boolean;
  /** Tables that it reads and whose reads are recorded in the audit log. */
  readonly audited: readonly ReadTable[];
  /** The data that the answer of a read depends on. */
  readonly dependencies: Dependencies;
  /** The text of `data`. Rejects with FozError or FozErrors. */
  run(
    bindings: Bindings,
    context: RunContext,
    introspect: Introspect,
    written?: Written[],
    writes?: OwnWrites,
  ): Promise<string>;
  /** Its statement for many sets of parameters; `null`: each set needs a run of its own. */
  readonly sets: PlanSets | null;
  /** Its statements, without running any. */
  explain(): Promise<readonly Explained[]>;
}

/** A plan that runs for many sets of parameters by one statement. */
export interface PlanSets {
  /** The texts of `data` by set; `null`: the set needs a run of its own. Rejects with FozError. */
  run(sets: readonly Bindings[], context: RunContext): Promise<readonly (string | null)[]>;
}

/** Returns the answers to `__schema` and `__type`: JSON text by response key. */
export type Introspect = () => Promise<ReadonlyMap<string, string>>;

/**
 * Compiles all statements of a plan that do not depend on results of earlier steps. `onCompiled` is called with the length of each statement
 * that becomes part of the plan, even if it is compiled later. Mutations with several statements are compiled for each request; their
 * statements are not cached.
 */
export function preparePlan(
  connectorsOf: (source: SourceName) => Connector,
  plan: Plan,
  onCompiled: (characters: number) => void = () => {},
): PreparedPlan {
  if (plan.kind === 'mutation') return mutationPlan(connectorsOf, plan, prepareMutations(connectorsOf, plan));
  const connectorOf: ConnectorOf = Object.assign((source: SourceName) => connectorsOf(source), {
    onCompiled,
  });
  const roots = rootFields(plan.roots);
  const reads = roots.filter(isRead);
  const introspects = roots.some((root) => root.kind === 'introspection');
  // Several fields may share a statement, so that an error belongs to none in particular.
  const [path = '$', ...others] = new Set(reads.map((root) => root.path));
  const stepVariants = variantsByCapacity(
    connectorOf,
    plan,
    (index: number): PreparedStep => prepareStep(connectorOf, plan.steps[index]!),
  );
  const rootVariants = variantsByCapacity(connectorOf, plan, (): PreparedReads => {
    const prepared = prepareReads(connectorOf, reads);
    return { roots: prepared, snapshots: snapshotSources(prepared) };
  });
  let sets: PlanSets | null | undefined;
  return {
    plan,
    introspectsOnly: introspectsOnly(plan),
    audited: auditedBy(plan),
    get dependencies() {
      return dependenciesOnce(plan);
    },
    get sets() {
      if (sets === undefined) sets = planSets(connectorOf, plan);
      return sets;
    },
    explain: async () => [
      ...plan.steps.map((step) => prepareStep(connectorOf, step).explain()),
      ...prepareReads(connectorOf, reads).flatMap((root) => root.explain()),
    ],
    async run(bindings, context, introspect) {
      const steps: unknown[] = [];
      const running: Running = { bindings: { ...bindings, steps }, context, runnerOf: connectorOf };
      let texts: ReadonlyMap<Root, string>;
      try {
        for (let index = 0; index < plan.steps.length; index++)
          steps.push(await stepVariants(steps, index).run(running));
        texts = await runRoots(connectorOf, running, rootVariants(steps, 0));
      } catch (error) {
        throw others.length > 0 ? error : placed(error, path);
      }
      return wholeText(running, plan, texts, introspects ? await introspect() : none);
    },
  };
}

const none: ReadonlyMap<string, string> = new Map();

const dependencies = new WeakMap<Plan, Dependencies>();

function dependenciesOnce(plan: Plan): Dependencies {
  let known = dependencies.get(plan);
  if (known === undefined) {
    known = dependenciesOf(plan);
    dependencies.set(plan, known);
  }
  return known;
}

function auditedBy(plan: Plan): readonly ReadTable[] {
  return tablesRead(plan, ({ auditReads }) => auditReads).map(({ source, id }) => ({
    source: source.name,
    table: id,
  }));
}

function introspectsOnly({ roots }: Plan): boolean {
  return (
    roots.some(({ kind }) => kind === 'introspection') &&
    roots.every(({ kind }) => kind === 'introspection' || kind === 'constant')
  );
}

/** Caches a result of `make` for each combination of step capacities, where the SQL of an engine depends on them. */
function variantsByCapacity<T>(
  connectorOf: ConnectorOf,
  plan: Plan,
  make: (index: number) => T,
): (steps: readonly unknown[], index: number) => T {
  const depends =
    plan.stepParams.length > 0 &&
    sourcesOf(plan).some((source) => connectorOf(source).capabilities.listsByCapacity);
  if (!depends) {
    const made: T[] = [];
    return (_, index) => {
      made[index] ??= make(index);
      return made[index];
    };
  }
  const variants = new Map<string, T>();
  return (steps, index) => {
    const capacities = steps.map((result) => capacityFor((result as readonly unknown[]).length));
    const key = `${index}|${capacities.join()}`;
    let variant = variants.get(key);
    if (variant === undefined) {
      for (const param of plan.stepParams) {
        if (param.source.kind === 'step' && param.source.step < capacities.length)
          param.capacity = capacities[param.source.step];
      }
      variant = make(index);
      variants.set(key, variant);
    }
    return variant;
  };
}

function sourcesOf(plan: Plan): SourceName[] {
  const sources = new Set(plan.steps.map((step) => step.source));
  for (const root of rootFields(plan.roots)) {
    if (root.kind === 'list' || root.kind === 'one') sources.add(root.select.table.source.name);
    else if (root.kind === 'aggregate') sources.add(root.aggregate.table.source.name);
    else if (root.kind === 'connection') sources.add(root.connection.select.table.source.name);
    else if (root.kind === 'stream') sources.add(root.stream.select.table.source.name);
    else if (root.kind === 'changes') sources.add(root.changes.table.source.name);
  }
  return [...sources];
}

/** The reads of a plan, and the sources whose connections they hold (see `heldSources`). */
interface PreparedReads {
  readonly roots: readonly PreparedRoot[];
  readonly snapshots: readonly SourceName[];
}

/** Runs all reads at once. A source that needs several statements serves them from one snapshot. */
function runRoots(
  connectorOf: ConnectorOf,
  running: Running,
  { roots, snapshots }: PreparedReads,
): Promise<ReadonlyMap<Root, string>> {
  if (roots.length === 1 && snapshots.length === 0) return roots[0]!.run(running);
  return withSnapshots(connectorOf, running, snapshots, new Map(), async (inside) => {
    const texts = new Map<Root, string>();
    for (const result of await Promise.all(roots.map((root) => root.run(inside))))
      for (const [root, text] of result) texts.set(root, text);
    return texts;
  });
}

/** The sources whose connections are held until all roots are read. */
function snapshotSources(roots: readonly PreparedRoot[]): SourceName[] {
  const counts = new Map<SourceName, number>();
  for (const root of roots)
    for (const [source, count] of root.statements) counts.set(source, (counts.get(source) ?? 0) + count);
  return heldSources(counts);
}

/** Opens a read transaction on each source in turn (see `inOrder`), then runs `body` with all of them. */
async function withSnapshots<T>(
  connectorOf: ConnectorOf,
  running: Running,
  sources: readonly SourceName[],
  open: Map<SourceName, Runner>,
  body: (running: Running) => Promise<T>,
): Promise<T> {
  const [source, ...others] = sources;
  if (source === undefined)
    return body({ ...running, runnerOf: (name) => open.get(name) ?? connectorOf(name) });
  const result = connectorOf(source).transaction('read', running.context, (runner) => {
    open.set(source, runner);
    return withSnapshots(connectorOf, running, others, open, body);
  });
  return result.catch((error: unknown) => {
    throw ofSource(error, source);
  });
}

function mutationPlan(connectorOf: ConnectorOf, plan: Plan, mutations: PreparedMutations): PreparedPlan {
  const introspects = rootFields(plan.roots).some((root) => root.kind === 'introspection');
  return {
    plan,
    introspectsOnly: introspectsOnly(plan),
    audited: auditedBy(plan),
    get dependencies() {
      return dependenciesOnce(plan);
    },
    sets: null,
    explain: async () => [
      ...plan.steps.map((step) => prepareStep(connectorOf, step).explain()),
      ...(await mutations.explain()),
    ],
    async run(bindings, context, introspect, written, writes = {}) {
      const steps: unknown[] = [];
      const { source, runner } = writes.within ?? {};
      const running: Running = {
        ...{ bindings: { ...bindings, steps }, context, written, writes },
        runnerOf: (name) => (name === source ? runner! : connectorOf(name)),
      };
      for (const step of plan.steps) {
        for (const param of plan.stepParams) {
          if (param.source.kind === 'step' && param.source.step < steps.length)
            param.capacity = capacityFor((steps[param.source.step] as readonly unknown[]).length);
        }
        steps.push(await prepareStep(connectorOf, step).run(running));
      }
      const texts = await mutations.run(running);
      return rootText(plan.roots, texts, introspects ? await introspect() : none);
    },
  };
}

function planSets(connectorOf: ConnectorOf, plan: Plan): PlanSets | null {
  const sets = prepareSets(connectorOf, plan);
  if (sets === null) return null;
  return {
    run: async (all, context) =>
      (await sets.run(all, context)).map((texts) =>
        texts === null ? null : rootText(plan.roots, texts, none),
      ),
  };
}

/** The text of the answer to a query. Throws `limit-exceeded` where it is too long. */
function wholeText(
  { context }: Running,
  { roots }: Plan,
  texts: ReadonlyMap<Root, string>,
  introspection: ReadonlyMap<string, string>,
): string {
  let length = 0;
  for (const text of texts.values()) length += text.length;
  for (const text of introspection.values()) length += text.length;
  context.held?.check(length);
  return rootText(roots, texts, introspection);
}

/** The JSON object of all root fields, in the order of the document. */
function rootText(
  roots: readonly Root[],
  texts: ReadonlyMap<Root, string>,
  introspection: ReadonlyMap<string, string>,
): string {
  const entries = roots.map((root) => {
    const key = JSON.stringify(root.key);
    switch (root.kind) {
      case 'constant':
        return `${key}:${root.json}`;
      case 'introspection':
        return `${key}:${introspection.get(root.key) ?? 'null'}`;
      case 'namespace':
        return `${key}:${rootText(root.roots, texts, introspection)}`;
      default:
        return `${key}:${texts.get(root)!}`;
    }
  });
  return `{${entries.join(',')}}`;
}
