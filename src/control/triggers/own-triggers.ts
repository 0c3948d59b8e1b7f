import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { DeliveryStore } from '../../store/index.ts';
import { audited } from '../audited.ts';
import { requirePlane } from '../plane.ts';
import { describeTriggers, invokeTrigger, type TriggerControl } from './triggers.ts';

export type TriggerKind = 'event' | 'cron';

/** A trigger that belongs to no table. */
export interface OwnTrigger {
  readonly name: string;
  readonly kind: Exclude<TriggerKind, 'event'>;
  readonly comment: string | null;
  /** What it is about, in a few words. */
  readonly about: string;
  /** Why it does not work now; `null`: it does. */
  readonly problem: string | null;
  readonly nextAt: Date | null;
  readonly lastAt: Date | null;
  readonly definition: unknown;
}

/** The triggers of this process that belong to no table. */
export interface LiveOwnTriggers {
  readonly deliveries: DeliveryStore;
  list(): Promise<readonly OwnTrigger[]>;
  /** Adds a delivery by hand. Resolves with its id. Rejects with FozError. */
  invoke(name: string, input: unknown): Promise<string>;
}

/** Who acts on triggers of all kinds. */
export interface AllTriggersControl extends TriggerControl {
  /** `null`: there is no store. */
  readonly ownTriggers: LiveOwnTriggers | null;
}

type Reading = Pick<AllTriggersControl, 'plane' | 'triggers' | 'ownTriggers'>;

/** A trigger of any kind with its state. */
export interface AnyTrigger extends Omit<OwnTrigger, 'kind'> {
  readonly kind: TriggerKind;
  readonly paused: boolean;
  readonly pending: number;
  readonly dead: number;
  /** Whether what it delivers is followed. */
  readonly following: boolean;
  readonly gapAt: Date | null;
  readonly gapReason: string | null;
}

/** The triggers of all kinds without faults, by name. */
export async function describeAllTriggers(control: Reading): Promise<readonly AnyTrigger[]> {
  const own = requireOwn(control);
  const listed = await own.list();
  const counts = await own.deliveries.endpoints(listed.map(({ name }) => name));
  const others = listed.map(
    (one): AnyTrigger => ({
      ...one,
      ...{ following: one.problem === null, gapAt: null, gapReason: null },
      ...(counts.get(one.name) ?? { paused: false, pending: 0, dead: 0 }),
    }),
  );
  const events = (await describeTriggers(control)).map(({ trigger, state, ...rest }): AnyTrigger => {
    const operations = (['insert', 'update', 'delete'] as const).filter((op) => trigger[op] !== null);
    return {
      ...rest,
      ...{ name: trigger.name, kind: 'event', comment: trigger.metadata.comment ?? null },
      about: `${trigger.table.id}: ${operations.join(', ') || 'by hand'}`,
      following: state?.deliverAfter != null,
      gapAt: state?.gap?.at ?? null,
      gapReason: state?.gap?.reason ?? null,
      ...{ nextAt: null, lastAt: null, definition: trigger.metadata },
    };
  });
  return [...events, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Makes no attempts for a trigger of any kind until it is resumed, or makes them again. */
export async function pauseAnyTrigger(
  control: AllTriggersControl,
  name: string,
  paused: boolean,
): Promise<void> {
  const { deliveries } = requireOwn(control);
  await audited(control, `trigger.${paused ? 'pause' : 'resume'}`, { name }, async () => {
    await triggerNamed(control, name);
    await (paused ? deliveries.pause(name) : deliveries.resume(name));
  });
}

/** Adds a delivery by hand. `input`: the key of a row for an event trigger, another payload for a cron trigger. Resolves with its id. */
export async function invokeAnyTrigger(
  control: AllTriggersControl,
  name: string,
  input: unknown,
): Promise<string> {
  const own = requireOwn(control);
  const { kind } = await triggerNamed(control, name);
  if (kind === 'event') return invokeTrigger(control, name, input as Readonly<Record<string, unknown>>);
  return audited(control, 'trigger.invoke', { name }, () => own.invoke(name, input));
}

function requireOwn({ plane, ownTriggers }: Reading): LiveOwnTriggers {
  requirePlane(plane, 'to keep deliveries in');
  return ownTriggers!;
}

async function triggerNamed(control: Reading, name: string): Promise<AnyTrigger> {
  const all = await describeAllTriggers(control);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name);
  throw new FozError('not-found', `There is no trigger "${name}"${didYouMean(name, names)}.`);
}
