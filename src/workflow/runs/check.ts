import { FozError, FozErrors } from '../../core/index.ts';
import { definitionFaults } from '../../graph/index.ts';
import type { ScheduleDefinition, StepDefinition, WorkflowDefinition } from '../definition.ts';
import { faultsOf } from '../expressions/index.ts';
import { timeFaults } from '../schedules/faults.ts';
import { stepKinds } from '../steps/index.ts';
import { schemaFault } from './input.ts';
import { schemaFaults } from './schema.ts';

/** A fault of a definition, with its place as a JSON Pointer. */
export interface WorkflowFault {
  readonly place: string;
  readonly message: string;
}

/** Checks a definition. Throws FozErrors `validation-failed` that name all faults with their places. */
export function checkWorkflow(definition: unknown): WorkflowDefinition {
  const faults = workflowFaults(definition);
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

/** All faults of a definition. */
export function workflowFaults(definition: unknown): readonly WorkflowFault[] {
  const shape = schemaFaults(definition);
  // Steps can be looked at only where they have the right form.
  return shape.length > 0 ? shape : meaningFaults(definition as WorkflowDefinition);
}

function meaningFaults(definition: WorkflowDefinition): WorkflowFault[] {
  const faults: WorkflowFault[] = [];
  const report = (place: string, message: string) => void faults.push({ place, message });
  const expressions = (value: unknown, place: string) => faults.push(...faultsOf(value, place));
  const ids = new Set<string>();
  const visit = (steps: readonly StepDefinition[], place: string): void => {
    for (const [index, step] of steps.entries()) {
      const at = `${place}/${index}`;
      if (ids.has(step.id)) report(`${at}/id`, `has the id "${step.id}" of another step.`);
      ids.add(step.id);
      if (step.id === '__proto__') report(`${at}/id`, 'must not be "__proto__".');
      const kind = stepKinds.get(step.kind)!;
      for (const name of ['idempotencyKey', ...kind.templates, ...(kind.lateTemplates ?? [])])
        expressions(step[name], `${at}/${name}`);
      for (const { place, message } of kind.faults?.(step, definition) ?? [])
        report(`${at}${place}`, message);
      for (const [name, nested] of kind.nested?.(step) ?? []) visit(nested, `${at}/${name}`);
      for (const name of ['onError', 'compensate'] as const)
        if (step[name] !== undefined) visit(step[name], `${at}/${name}`);
    }
  };
  visit(definition.steps, '/steps');
  for (const name of ['key', 'output', 'sessionVariables'] as const)
    expressions(definition[name], `/${name}`);
  if (definition.input !== undefined) {
    const fault = schemaFault(definition.input);
    if (fault !== null) report('/input', `is no JSON Schema: ${fault}`);
  }
  if (definition.schedule !== undefined) {
    expressions(definition.schedule.input, '/schedule/input');
    faults.push(...scheduleFaults(definition.schedule));
  }
  if (definition.mutation !== undefined) {
    const { definition: text, input } = definition.mutation;
    for (const message of definitionFaults(text, 'mutation')) report('/mutation/definition', `${message}.`);
    expressions(input, '/mutation/input');
  }
  return faults;
}

function scheduleFaults({ cron, timezone }: ScheduleDefinition): WorkflowFault[] {
  return timeFaults({ cron, timezone }).map(({ setting, message }) => ({
    place: `/schedule/${setting}`,
    message,
  }));
}
