import { randomBytes } from 'node:crypto';
import { type AllowedVariables, endpointFaults } from '../../access/index.ts';
import type { CronTriggerMetadata } from '../../catalog/index.ts';
import type { NewDelivery } from '../../store/index.ts';
import { eventId } from '../deliveries/event.ts';
import { DueTimes, OneTime } from '../schedules/due-times.ts';
import { timeFaults } from '../schedules/faults.ts';
import type { Timed, Times } from '../schedules/timetable.ts';

/** A cron trigger without faults, with its due times. */
export interface CronTrigger extends Timed {
  readonly metadata: CronTriggerMetadata;
}

/** All faults of a cron trigger of a right form, with their places as JSON Pointers. */
export function cronFaults(
  given: CronTriggerMetadata,
  variables: AllowedVariables,
): readonly { readonly place: string; readonly message: string }[] {
  const { schedule, at, timezone } = given;
  const words = { cron: 'schedule', at: 'at', timezone: 'timezone' } as const;
  return [
    ...((schedule === undefined) === (at === undefined)
      ? [{ place: '', message: 'needs either a "schedule" or a time "at".' }]
      : []),
    ...timeFaults({ cron: schedule, at, timezone }).map(({ setting, message }) => ({
      place: `/${words[setting]}`,
      message,
    })),
    ...endpointFaults(given, variables).map(({ where, reason }) => ({
      place: `/${where.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`,
      message: `${reason}.`,
    })),
  ];
}

/** A cron trigger that has no faults. */
export function cronTriggerOf(metadata: CronTriggerMetadata): CronTrigger {
  const { name, schedule, at, timezone = 'UTC', missed = 'last', retry_conf: retry } = metadata;
  const times =
    schedule === undefined ? new OneTime({ at: at!, timezone }) : new DueTimes({ cron: schedule, timezone });
  const tolerance = retry?.tolerance_seconds;
  return {
    ...{ name, missed, metadata },
    spec: JSON.stringify([schedule ?? at, timezone]),
    times: tolerance === undefined ? times : within(times, tolerance * 1_000),
  };
}

/** The due times without those that passed longer ago. */
function within(times: Times, longestMs: number): Times {
  return {
    next: (from) => times.next(from),
    between: (after, until, most) => times.between(Math.max(after, until - longestMs), until, most),
  };
}

/** The delivery of a due time: the same whichever process makes it. */
export function cronDelivery(
  { name, metadata }: Pick<CronTrigger, 'name' | 'metadata'>,
  due: number,
): NewDelivery {
  const time = new Date(due).toISOString();
  return deliveryAt(metadata, eventId('cron', name, time), time, metadata.payload);
}

/** A delivery by hand. `payload`: default: that of the trigger. */
export function manualCronDelivery(
  metadata: CronTriggerMetadata,
  payload: unknown = metadata.payload,
): NewDelivery {
  const id = eventId('cron', metadata.name, 'manual', randomBytes(16).toString('hex'));
  return deliveryAt(metadata, id, new Date().toISOString(), payload);
}

function deliveryAt(
  { name, comment }: CronTriggerMetadata,
  event: string,
  time: string,
  payload: unknown,
): NewDelivery {
  const body = { id: event, name, scheduled_time: time, payload: payload ?? null, comment };
  return {
    ...{ event, time, key: null, endpoint: name, type: 'cron', payload: JSON.stringify(body) },
    source: `/cron_triggers/${encodeURIComponent(name)}`,
  };
}
