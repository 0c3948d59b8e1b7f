import type { EventTrigger } from '../../access/index.ts';
import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type {
  Actor,
  Delivery,
  DeliveryFilter,
  DeliveryStore,
  RecordedAttempt,
  StoredTrigger,
  TriggerStore,
} from '../../store/index.ts';
import { audited } from '../audited.ts';
import { type ControlPlane, requirePlane } from '../plane.ts';

/** The event triggers of this process. */
export interface LiveTriggers {
  /** The triggers without faults, by their names. */
  readonly triggers: ReadonlyMap<string, EventTrigger>;
  readonly store: TriggerStore;
  readonly deliveries: DeliveryStore;
  /** Why a trigger does not work now; `null`: it does. */
  problemOf(trigger: EventTrigger): string | null;
  /** Adds a delivery of a row that is there. Resolves with its id. Rejects with FozError. */
  invoke(trigger: EventTrigger, key: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Who acts on triggers and deliveries. */
export interface TriggerControl {
  readonly plane: ControlPlane | null;
  /** `null`: there is no store. */
  readonly triggers: LiveTriggers | null;
  readonly actor: Actor;
}

type Reading = Pick<TriggerControl, 'plane' | 'triggers'>;

/** An event trigger with its state. */
export interface TriggerDescription {
  readonly trigger: EventTrigger;
  readonly state: StoredTrigger | null;
  readonly problem: string | null;
  readonly paused: boolean;
  readonly pending: number;
  readonly dead: number;
}

/** Most deliveries of a page, and that are delivered again by one call. */
export const mostDeliveries = 1_000;

/** The event triggers without faults, by name. */
export async function describeTriggers(control: Reading): Promise<readonly TriggerDescription[]> {
  const live = requireTriggers(control);
  const triggers = [...live.triggers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const states = new Map((await live.store.list()).map((state) => [state.name, state]));
  const counts = await live.deliveries.endpoints(triggers.map(({ name }) => name));
  return triggers.map((trigger) => ({
    trigger,
    state: states.get(trigger.name) ?? null,
    problem: live.problemOf(trigger),
    ...(counts.get(trigger.name) ?? { paused: false, pending: 0, dead: 0 }),
  }));
}

/** Makes no attempts for a trigger until it is resumed, or makes them again. Changes are recorded meanwhile. */
export async function pauseTrigger(control: TriggerControl, name: string, paused: boolean): Promise<void> {
  const { deliveries } = requireTriggers(control);
  await audited(control, `trigger.${paused ? 'pause' : 'resume'}`, { name }, async () => {
    triggerNamed(control, name);
    await (paused ? deliveries.pause(name) : deliveries.resume(name));
  });
}

/** Delivers a row that is there, as the operation MANUAL. Resolves with the id of the delivery. */
export async function invokeTrigger(
  control: TriggerControl,
  name: string,
  key: Readonly<Record<string, unknown>>,
): Promise<string> {
  const live = requireTriggers(control);
  return audited(control, 'trigger.invoke', { name, key }, async () => {
    const trigger = triggerNamed(control, name);
    if (!trigger.manual)
      throw new FozError(
        'not-supported',
        `The event trigger "${name}" cannot be invoked by hand (enable_manual: false).`,
      );
    return live.invoke(trigger, key);
  });
}

export interface DeliveryPage {
  readonly entries: readonly Delivery[];
  /** Where the next page starts; `null`: this was the last one. */
  readonly next: string | null;
}

/** A page of deliveries, the latest first. */
export async function listedDeliveries(
  control: Reading,
  filter: DeliveryFilter,
  limit: number,
): Promise<DeliveryPage> {
  refuseLimit(limit);
  const found = await requireTriggers(control).deliveries.list(filter, limit + 1);
  const entries = found.slice(0, limit);
  return { entries, next: found.length > limit ? entries.at(-1)!.id : null };
}

export function deliveryAttempts(control: Reading, id: string): Promise<readonly RecordedAttempt[]> {
  return requireTriggers(control).deliveries.attempts(id);
}

/** Delivers deliveries that have ended again, the oldest first. Resolves with their number. */
export async function redeliver(
  control: TriggerControl,
  filter: DeliveryFilter,
  limit: number,
): Promise<number> {
  refuseLimit(limit);
  const { deliveries } = requireTriggers(control);
  return audited(control, 'delivery.redeliver', { ...filter, limit }, () =>
    deliveries.redeliver(filter, limit),
  );
}

function refuseLimit(limit: number): void {
  if (!(limit >= 1 && limit <= mostDeliveries))
    throw new FozError('validation-failed', `"limit" must be from 1 to ${mostDeliveries}.`);
}

function requireTriggers({ plane, triggers }: Reading): LiveTriggers {
  requirePlane(plane, 'to keep deliveries in');
  return triggers!;
}

function triggerNamed(control: Reading, name: string): EventTrigger {
  const { triggers } = requireTriggers(control);
  const trigger = triggers.get(name);
  if (trigger !== undefined) return trigger;
  throw new FozError('not-found', `There is no event trigger "${name}"${didYouMean(name, triggers.keys())}.`);
}
