import { randomUUID } from 'node:crypto';
import type { HookCall, HookKey, HookStore, NewRun, NewSignal } from '../../store/index.ts';
import type { Runner } from '../runs/runner.ts';
import { keyOf } from '../steps/wait-for.ts';
import { HookRefused } from './answer.ts';
import type { Received } from './call.ts';
import type { HookDefinition } from './definition.ts';

/** The effect of a call: a new run, or a signal to the run that waits for it. */
export type HookEffect =
  | { readonly kind: 'run'; readonly run: NewRun }
  | { readonly kind: 'signal'; readonly signal: NewSignal };

/** The effect of a call, by the definition of its webhook. Throws HookRefused or FozError. */
export async function effectOf(
  { name, workflow, signal, input: template }: HookDefinition,
  received: Received,
  runner: Pick<Runner, 'prepare' | 'evaluate'>,
): Promise<HookEffect> {
  const input = template === undefined ? received : await runner.evaluate(template, received);
  if (signal === undefined)
    return { kind: 'run', run: await runner.prepare(workflow!, input, { origin: `hook:${name}` }) };
  const key = signal.key === undefined ? null : await runner.evaluate(signal.key, received);
  // A call whose key is missing would end the wait of another one.
  if (signal.key !== undefined && (key === undefined || key === null || key === ''))
    throw new HookRefused(400, 'validation-failed', 'The call has no key of the run that waits for it.');
  return {
    kind: 'signal',
    signal: {
      ...{ id: randomUUID(), name: signal.name, key: keyOf(key) },
      payload: JSON.stringify(input ?? null),
    },
  };
}

/** Stores a call with its effect. Resolves with the id of the run or signal of an earlier call with the key; `null`: there is none. */
export function storeEffect(
  calls: Pick<HookStore, 'start' | 'signal'>,
  call: HookCall,
  effect: HookEffect,
  key: HookKey | null,
): Promise<string | null> {
  return effect.kind === 'run'
    ? calls.start(call, { run: effect.run, key })
    : calls.signal(call, effect.signal, key);
}

/** The id of the run that is started, or of the signal that is given. */
export function idOf(effect: HookEffect): string {
  return effect.kind === 'run' ? effect.run.id : effect.signal.id;
}
