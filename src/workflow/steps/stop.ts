import { RunStopped } from '../failure.ts';
import { type StepKind, template } from './step.ts';

/** Ends the whole run with success. */
export const stop: StepKind<{ readonly output?: unknown }> = {
  kind: 'stop',
  settings: { output: template },
  required: [],
  templates: ['output'],
  hasEffect: false,
  async run({ output = null }) {
    throw new RunStopped(output);
  },
};
