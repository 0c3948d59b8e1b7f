import { StepFailed } from '../failure.ts';
import { type StepKind, template } from './step.ts';

/** Fails with an error that the workflow defines. There is no other attempt. */
export const fail: StepKind<{
  readonly message: unknown;
  readonly code?: unknown;
  readonly details?: unknown;
}> = {
  kind: 'fail',
  settings: { message: template, code: template, details: template },
  required: ['message'],
  templates: ['message', 'code', 'details'],
  hasEffect: false,
  async run({ message, code = 'failed', details }) {
    throw new StepFailed(
      { code: String(code), message: String(message), ...(details !== undefined && { details }) },
      { final: true },
    );
  },
};
