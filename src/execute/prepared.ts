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
  rootFields,
  tablesRead,
} from '../plan/index.ts';
import { rootText, wholeText } from './answer-text.ts';
import type { Explained } from './explain.ts';
import { placed } from './failures.ts';
import type { Running } from './fetch.ts';
import { type PreparedMutations, prepareMutations } from './mutations.ts';
import type { OwnWrites } from './operation-request.ts';
import { prepareSets } from './parameter-sets.ts';
import type { ConnectorOf } from './prepare.ts';
import { isRead, prepareReads } from './roots.ts';
import { type CallService, noService, serviceTexts } from './services.ts';
import { type PreparedReads, runRoots, snapshotSources } from './snapshots.ts';
import { type PreparedStep, prepareStep } from './steps.ts';
import { variantsByCapacity } from './variants.ts';
import type { Called, ReadTable, Written } from './written.ts';

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
    called?: Called[],
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
  call: CallService = noService,
): PreparedPlan {
  if (plan.kind === 'mutation')
    return mutationPlan(connectorsOf, plan, prepareMutations(connectorsOf, plan, call));
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
        const [read, answered] = await Promise.all([
          runRoots(connectorOf, running, rootVariants(steps, 0)),
          serviceTexts(call, running, roots),
        ]);
        texts = answered.length === 0 ? read : new Map([...read, ...answered]);
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
    async run(bindings, context, introspect, written, writes = {}, called = []) {
      const steps: unknown[] = [];
      const { source, runner } = writes.within ?? {};
      const running: Running = {
        ...{ bindings: { ...bindings, steps }, context, written, writes, called },
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
