import { FozError, FozErrors } from '../../core/index.ts';
import type { StepDefinition, WorkflowDefinition } from '../definition.ts';
import { faultsOf } from '../expressions/index.ts';
import { stepKinds } from '../steps/index.ts';
import { schemaFaults } from './schema.ts';

/** A fault of a definition, with its place as a JSON Pointer. */
interface Fault {
  readonly place: string;
  readonly message: string;
}

/** Checks a definition. Throws FozErrors `validation-failed` that name all faults with their places. */
export function checkWorkflow(definition: unknown): WorkflowDefinition {
  const shape = schemaFaults(definition);
  // Steps can be looked at only where they have the right form.
  const faults = shape.length > 0 ? shape : meaningFaults(definition as WorkflowDefinition);
  if (faults.length === 0) return definition as WorkflowDefinition;
  throw new FozErrors(
    faults.map(
      ({ place, message }) =>
        new FozError('validation-failed', `${place === '' ? 'The workflow' : place} ${message}`, {
          details: { place },
        }),
    ),
  );
}

function meaningFaults(definition: WorkflowDefinition): Fault[] {
  const faults: Fault[] = [];
  const report = (place: string, message: string) => void faults.push({ place, message });
  const ids = new Set<string>();
  const visit = (steps: readonly StepDefinition[], place: string): void => {
    for (const [index, step] of steps.entries()) {
      const at = `${place}/${index}`;
      if (ids.has(step.id)) report(`${at}/id`, `has the id "${step.id}" of another step.`);
      ids.add(step.id);
      const kind = stepKinds.get(step.kind)!;
      const fault = kind.check?.(step) ?? null;
      if (fault !== null) report(at, fault);
      for (const name of ['idempotencyKey', ...kind.templates, ...(kind.lateTemplates ?? [])])
        for (const fault of faultsOf(step[name], `${at}/${name}`)) report(fault.place, fault.message);
      for (const [name, nested] of kind.nested?.(step) ?? []) visit(nested, `${at}/${name}`);
      if (step.onError !== undefined) visit(step.onError, `${at}/onError`);
    }
  };
  visit(definition.steps, '/steps');
  for (const name of ['key', 'output'] as const)
    for (const fault of faultsOf(definition[name], `/${name}`)) report(fault.place, fault.message);
  return faults;
}
