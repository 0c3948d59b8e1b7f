import { Cron } from 'croner';

/** A fault of a schedule. `setting`: which one is wrong. */
export interface TimeFault {
  readonly setting: 'cron' | 'at' | 'timezone';
  readonly message: string;
}

/** The faults of a cron expression, or of a single time, in a time zone. */
export function timeFaults(given: {
  readonly cron?: string | undefined;
  readonly at?: string | undefined;
  readonly timezone?: string | undefined;
}): readonly TimeFault[] {
  const { cron, at, timezone = 'UTC' } = given;
  if (!isTimezone(timezone))
    return [
      { setting: 'timezone', message: `is no time zone: ${JSON.stringify(timezone)}. One is Europe/Berlin.` },
    ];
  if (at !== undefined && !isTime(at, timezone))
    return [
      { setting: 'at', message: `is no time: ${JSON.stringify(at)}. One is 2026-01-31T12:00:00+01:00.` },
    ];
  if (cron === undefined) return [];
  // The library takes a text with a colon for a date.
  if (cron.includes(':')) return [{ setting: 'cron', message: 'is no cron expression.' }];
  try {
    const schedule = new Cron(cron, { timezone, paused: true });
    if (schedule.nextRun() !== null) return [];
    return [{ setting: 'cron', message: 'never comes: no date fits.' }];
  } catch (error) {
    return [{ setting: 'cron', message: `is no cron expression: ${(error as Error).message}` }];
  }
}

function isTime(at: string, timezone: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)?$/.test(at)) return false;
  // The library takes 30 February for 2 March.
  const date = at.slice(0, 10);
  const day = new Date(date);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return false;
  try {
    return new Cron(at, { timezone, paused: true }).nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
