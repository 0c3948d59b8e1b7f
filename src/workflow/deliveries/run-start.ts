import { FozError, parseJson, withDigits } from '../../core/index.ts';
import type { Delivery } from '../../store/index.ts';
import type { Runner } from '../runs/index.ts';
import type { Attempted } from './attempt.ts';
import { type BodyForm, bodyOf } from './event.ts';

/** Starts runs of workflows. */
export type RunStarter = Pick<Runner, 'start'>;

/** Faults of an input, or of an expression over it, which are the same at the next attempt. */
const lasting: ReadonlySet<string> = new Set(['validation-failed', 'data-exception', 'limit-exceeded']);
/** Faults that end when the metadata changes (the workflow is missing, or disabled), or when the machine has time for an expression. */
const passing: ReadonlySet<string> = new Set(['not-found', 'conflict', 'timeout']);

/**
 * Starts the run of a workflow for a delivery, with the body of the delivery as its input. The id of the run is that of the event, so a repeated
 * attempt starts no second run. Rejects where the store does not answer.
 */
export async function startRun(
  starter: RunStarter,
  { name, workflow, form }: { readonly name: string; readonly workflow: string; readonly form: BodyForm },
  delivery: Delivery,
): Promise<Attempted> {
  const began = performance.now();
  const { event: id } = delivery;
  const input = withDigits(parseJson(bodyOf({ ...delivery, id }, form).text));
  const fault = await starter.start(workflow, input, { id, origin: `trigger:${name}` }).then(
    () => null,
    (error: unknown) => {
      if (error instanceof FozError && (lasting.has(error.code) || passing.has(error.code))) return error;
      throw error;
    },
  );
  const isStarted = fault === null;
  return {
    result: {
      status: isStarted ? 202 : null,
      fault: isStarted ? null : lasting.has(fault.code) ? 'invalid' : 'unreachable',
      retryAfter: null,
    },
    attempt: {
      milliseconds: performance.now() - began,
      status: isStarted ? 202 : null,
      fault: fault?.message ?? null,
      requestHeaders: {},
      responseHeaders: null,
      responseBody: isStarted ? JSON.stringify({ run: id }) : null,
    },
  };
}
