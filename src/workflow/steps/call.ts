import { randomUUID } from 'node:crypto';
import { type Failure, StepFailed } from '../failure.ts';
import { type StepKind, template } from './step.ts';

interface Call {
  readonly workflow: string;
  readonly input?: unknown;
  readonly wait?: boolean;
  /** The id of the run of this attempt. */
  readonly run?: string;
}

/**
 * Starts a run of another workflow, and waits for it. Its output is that of the run; it fails where the run does. With `wait: false` the run
 * goes its own way, and the output is `{ run }`.
 */
export const call: StepKind<Call> = {
  kind: 'call',
  settings: {
    workflow: { type: 'string', minLength: 1 },
    input: template,
    wait: { type: 'boolean' },
  },
  required: ['workflow'],
  templates: ['input'],
  hasEffect: true,
  prepare: (input) => ({ ...input, run: randomUUID() }),
  async run({ workflow, input = null, wait = true, run }, { links, waitFor }) {
    const id = run!;
    let result = await links.result(id);
    if (result === null) await links.start({ id, workflow, input, waits: wait });
    if (!wait) return { run: id };
    while (result === null || result.state === 'active' || result.state === 'paused') {
      await waitFor({ run: id });
      result = await links.result(id);
    }
    if (result.state === 'done') return result.output === null ? null : JSON.parse(result.output);
    const failure: Failure =
      result.error === null
        ? { code: 'cancelled', message: `The run of "${workflow}" was cancelled.` }
        : JSON.parse(result.error);
    throw new StepFailed({
      code: failure.code,
      message: failure.message,
      details: { run: id, ...(failure.step !== undefined && { step: failure.step }), ...detailsOf(failure) },
    });
  },
  abandon: ({ wait = true, run }, { links }) => (wait ? links.cancel(run!) : Promise.resolve()),
};

function detailsOf({ details }: Failure): object {
  return details === undefined ? {} : { details };
}
