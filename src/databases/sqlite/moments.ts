import type { ValueType } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import { timestampText } from './engine/canonical.js';

/** The time zone at the end of a moment that is stored as text; empty: none, the moment is in UTC. */
export type MomentSuffix = '' | 'Z' | '+00:00' | ' +00:00';

/**
 * How a column stores its moments: as text (separator, digits of the fraction, suffix), or as a number counted from 1970. `digits`: the
 * fraction is padded to so many digits; `null`: it has no zeros at its end. `optional`: a fraction of zeros is left out. Introspection
 * derives it from the stored values (see forms.ts) and stores it in `castType`.
 */
export type MomentStorage =
  | {
      readonly kind: 'text';
      readonly separator: ' ' | 'T';
      readonly digits: number | null;
      readonly optional: boolean;
      readonly suffix: MomentSuffix;
    }
  | { readonly kind: 'epoch'; readonly perSecond: 1 | 1000 };

const usual = { kind: 'text', separator: ' ', digits: null, optional: false, suffix: '' } as const;

/** The storage that `castType` names; default: the format of SQLite's `current_timestamp`, `2024-02-29 23:59:59` in UTC. */
export function momentStorage(type: ValueType): MomentStorage {
  const marker = (type.nativeType ?? '').replace(/ ?mixed$/, '');
  if (marker === 'epoch s') return { kind: 'epoch', perSecond: 1 };
  if (marker === 'epoch ms') return { kind: 'epoch', perSecond: 1000 };
  const match = /^moment(_|T)(\d*)(\??)(Z| ?\+00:00)?$/.exec(marker);
  if (match === null) return usual;
  const [, separator, digits, optional, suffix = ''] = match;
  return {
    kind: 'text',
    separator: separator === 'T' ? 'T' : ' ',
    digits: digits === '' ? null : Number(digits),
    optional: optional === '?',
    suffix: suffix as MomentSuffix,
  };
}

interface Moment {
  readonly date: string;
  readonly time: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

const moment = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?$/;

/** A canonical timestamp, with or without offset, in UTC. Throws FozError `data-exception` for anything else. */
export function parseMoment(canonical: unknown): Moment {
  const text = timestampText(String(canonical));
  const match = moment.exec(text);
  if (match === null) {
    throw new FozError(
      'data-exception',
      'A timestamp must look like 2024-02-29T23:59:59.5 (years 0000 to 9999).',
    );
  }
  return { date: match[1]!, time: match[2]!, fraction: match[3] ?? '' };
}

/** The moment as `2024-02-29T23:59:59.5` in UTC, to compare with `foz_timestamp` of a column. */
export function exactMoment(canonical: unknown): string {
  const { date, time, fraction } = parseMoment(canonical);
  return `${date}T${time}${fraction === '' ? '' : `.${fraction}`}`;
}

/** As `exactMoment` for a value of a row, which may be a text that is no moment. */
export function exactOrText(stored: unknown): string {
  return isMoment(stored) ? exactMoment(stored) : String(stored);
}

/** Whether `parseMoment` reads the text. */
export function isMoment(text: unknown): boolean {
  return moment.test(timestampText(String(text)));
}

/** Text that is not after any spelling of the moment: its day, or the day before where offsets may differ. */
export function dayFloor(canonical: unknown, type: ValueType): string {
  return shiftDay(parseMoment(canonical).date, type.scalar === 'timestamptz' ? -1 : 0);
}

/** Text that is after every spelling of the moment. */
export function dayCeiling(canonical: unknown, type: ValueType): string {
  return `${shiftDay(parseMoment(canonical).date, type.scalar === 'timestamptz' ? 1 : 0)}~`;
}

function shiftDay(date: string, days: number): string {
  if (days === 0) return date;
  const shifted = new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000);
  // A stored text may look like a date and be none: 2024-00-10.
  if (Number.isNaN(shifted.getTime())) return days < 0 ? '' : '\u{10ffff}';
  const year = shifted.getUTCFullYear();
  if (year < 0) return '0000-01-01';
  return year > 9999 ? '9999-12-31' : shifted.toISOString().slice(0, 10);
}

/** The moment as the column stores it. */
export function storedMoment(canonical: unknown, type: ValueType): string | number {
  const { date, time, fraction } = parseMoment(canonical);
  const storage = momentStorage(type);
  if (storage.kind === 'epoch') {
    const seconds = Date.parse(`${date}T${time}Z`) / 1000;
    if (storage.perSecond === 1000) return seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
    return fraction === '' ? seconds : seconds + Number(`0.${fraction}`);
  }
  return `${date}${storage.separator}${time}${storedFraction(fraction, storage)}${storage.suffix}`;
}

/** The fraction of a second with its point, as the column stores it. `fraction` has no zeros at its end. */
export function storedFraction(
  fraction: string,
  { digits, optional }: { readonly digits: number | null; readonly optional: boolean },
): string {
  const padded = optional && fraction === '' ? '' : fraction.padEnd(digits ?? 0, '0');
  return padded === '' ? '' : `.${padded}`;
}

const suffixes = { timestamp: ['', 'Z'], timestamptz: ['+00:00', 'Z', ''] } as const;

/** Every usual spelling of the moment, so that a list of them can be looked up in an index. */
export function momentSpellings(canonical: unknown, type: ValueType): readonly (string | number)[] {
  const stored = storedMoment(canonical, type);
  if (typeof stored === 'number') return [stored];
  const { date, time, fraction } = parseMoment(canonical);
  const fractions = new Set([fraction, fraction.padEnd(3, '0'), fraction.padEnd(6, '0')]);
  const found: string[] = [stored];
  for (const separator of [' ', 'T']) {
    for (const digits of fractions) {
      for (const suffix of suffixes[type.scalar === 'timestamptz' ? 'timestamptz' : 'timestamp']) {
        found.push(`${date}${separator}${time}${digits === '' ? '' : `.${digits}`}${suffix}`);
      }
    }
  }
  return found;
}
