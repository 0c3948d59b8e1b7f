import { type EndSignal, FozError } from '../core/index.ts';
import type { ServiceTarget } from '../graph/index.ts';
import type { Root } from '../plan/index.ts';
import { placing } from './failures.ts';
import type { Running } from './fetch.ts';
import type { Called } from './written.ts';

/** A call of something outside of the sources that answers a root field. */
export interface ServiceCall {
  readonly target: ServiceTarget;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Session variables by name in lower case, without prefix. */
  readonly session: ReadonlyMap<string, string>;
  readonly signal: EndSignal;
  readonly timeoutMs: number | null;
  /** Calls under this id have the effect of the first one. */
  readonly once?: string;
  /** The run of a workflow that asks for it; absent: a client does. */
  readonly caller?: string;
}

/** Answers a call. Rejects with FozError. */
export type CallService = (call: ServiceCall) => Promise<unknown>;

export type ServiceRoot = Extract<Root, { kind: 'service' }>;

/** Of an engine that nothing was given to. */
export const noService: CallService = () =>
  Promise.reject(new FozError('unavailable', 'This field cannot be asked for here, or not yet.'));

/** The JSON text of a root field that is answered outside of the sources. */
export function serviceText(
  call: CallService,
  running: Running,
  { key, path, service }: ServiceRoot,
): Promise<string> {
  const { bindings, context, writes = {} } = running;
  return placing(path, async () => {
    if (writes.within !== undefined)
      throw new FozError('validation-failed', 'This field cannot be a part of a transaction.');
    const called: Called = { name: service.target.name, isDone: false };
    running.called?.push(called);
    const answer = await call({
      target: service.target,
      arguments: service.argumentsOf(bindings.variables),
      session: bindings.session,
      signal: context.signal,
      timeoutMs: context.timeoutMs,
      ...(writes.once !== undefined && { once: `${writes.once}\n${path}\n${key}` }),
      ...(writes.caller !== undefined && { caller: writes.caller }),
    });
    called.isDone = true;
    const text = service.text(answer);
    context.held?.check(text.length);
    return text;
  });
}

/** The JSON texts of the fields among these that are answered outside of the sources. */
export function serviceTexts(
  call: CallService,
  running: Running,
  roots: readonly Root[],
): Promise<(readonly [Root, string])[]> {
  const services = roots.filter((root) => root.kind === 'service');
  return Promise.all(services.map(async (root) => [root, await serviceText(call, running, root)] as const));
}
