import type { SourceName } from '../core/index.ts';
import { capacityFor, type Plan, rootFields } from '../plan/index.ts';
import type { ConnectorOf } from './prepare.ts';

/** Caches a result of `make` for each combination of step capacities, where the SQL of an engine depends on them. */
export function variantsByCapacity<T>(
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
