import { familyOf, type Scalar } from '../../catalog/index.ts';
import type { MomentSuffix } from './moments.ts';

/**
 * The forms in which a column stores its values. SQLite takes any value into any column: a date may be stored with a time, a moment as a
 * number, a UUID as bytes. Where all values have one form, in which equal values are equal and sorted as they are shown, the column is
 * compared as it is. Otherwise it is `mixed`: its values are compared in canonical form (see mixed.ts).
 */

const digit = '[0-9]';
const hour = `${digit}${digit}:${digit}${digit}:${digit}${digit}`;
const day = `${digit.repeat(4)}-${digit}${digit}-${digit}${digit}`;
const groups = (hex: string) => [8, 4, 4, 4, 12].map((length) => hex.repeat(length));
const lower = groups('[0-9a-f]');
const upper = groups('[0-9A-F]');

/** The class of values that have no canonical form, and of those that no index finds. */
const odd = 'odd';
/** Texts with more bytes than this are not looked at closely: their form is odd. */
const longest = 48;

/**
 * The class of a fraction and what follows it: number of digits, `z` (all are zeros) or `e` (the last one is), suffix. `rest` is the SQL of
 * the text from the point on.
 */
function fractionClass(rest: string): string {
  const suffix = `ltrim(${rest}, '.0123456789')`;
  const digits = `substr(${rest}, 2, length(${rest}) - length(${suffix}) - 1)`;
  const zeros = `case when ltrim(${digits}, '0') = '' then 'z' when ${digits} like '%0' then 'e' else '' end`;
  return `case when substr(${rest}, 1, 1) <> '.' then '0' || ${rest} when ${digits} = '' or instr(${digits}, '.') then '${odd}'
    else length(${digits}) || ${zeros} || ${suffix} end`;
}

const classes: Readonly<Partial<Record<Scalar, (x: string) => string>>> = {
  date: (x) =>
    `iif(typeof(${x}) = 'text' and octet_length(${x}) = 10 and ${x} glob '${day}', 'day', '${odd}')`,
  time: (x) =>
    `iif(typeof(${x}) = 'text' and octet_length(${x}) <= ${longest} and ${x} glob '${hour}*', ${fractionClass(`substr(${x}, 9)`)}, '${odd}')`,
  timestamp: momentClass,
  timestamptz: momentClass,
  uuid: (x) => `case when typeof(${x}) = 'blob' then iif(octet_length(${x}) = 16, 'bytes', '${odd}')
    when typeof(${x}) <> 'text' or octet_length(${x}) not in (32, 36) then '${odd}'
    when ${x} glob '${lower.join('-')}' then 'lower' when ${x} glob '${upper.join('-')}' then 'upper'
    when ${x} glob '${lower.join('')}' then 'hex' when ${x} glob '${upper.join('')}' then 'HEX' else '${odd}' end`,
};

function momentClass(x: string): string {
  return `case typeof(${x}) when 'integer' then case when ${x} = 0 then 'epoch' when abs(${x}) >= 100000000000 then 'epoch ms' else 'epoch s' end
    when 'text' then iif(octet_length(${x}) <= ${longest} and ${x} glob '${day}[ T]${hour}*',
      replace(substr(${x}, 11, 1), ' ', '_') || ${fractionClass(`substr(${x}, 20)`)}, '${odd}') else '${odd}' end`;
}

const usual: Readonly<Partial<Record<Scalar, (x: string) => string>>> = {
  date: (x) => `octet_length(${x}) = 10 and ${x} glob '${day}'`,
  time: (x) => `octet_length(${x}) = 8 and ${x} glob '${hour}'`,
  timestamp: (x) => `octet_length(${x}) = 19 and ${x} glob '${day} ${hour}'`,
  timestamptz: (x) => `octet_length(${x}) = 19 and ${x} glob '${day} ${hour}'`,
  // A glob of 32 character classes would take three times as long.
  uuid: (x) =>
    `octet_length(${x}) = 36 and ${x} like '${'_'.repeat(8)}-____-____-____-${'_'.repeat(12)}' and lower(${x}) = ${x} and unhex(replace(${x}, '-', '')) is not null`,
};

/** SQL for whether a value, which is not NULL, has another form than the usual one. Cheaper than its class. */
export function isUnusual(x: string, scalar: Scalar): string {
  return `not (typeof(${x}) = 'text' and ${usual[scalar]!(x)})`;
}

/** Whether values of the type may be stored in several forms that Foz distinguishes. */
export const hasForms = (scalar: Scalar) => Object.hasOwn(classes, scalar);

/** SQL for the class of the form in which a column stores a value; NULL for NULL. */
export function formClass(x: string, scalar: Scalar): string {
  return `case when ${x} is not null then ${classes[scalar]!(x)} end`;
}

/** The `castType` of a column, from the classes of its values; `null`: all values have the usual form. */
export function formMarker(found: readonly string[], scalar: Scalar): string | null {
  // Nothing is known of an empty column: programs that store UUIDs as bytes are many.
  if (found.length === 0) return scalar === 'uuid' ? 'uuid forms' : null;
  switch (familyOf(scalar)) {
    case 'date':
      return found.includes(odd) ? 'mixed' : null;
    case 'uuid':
      return uuidForm(found);
    case 'time': {
      const fraction = fractionForm(found);
      if (fraction === null || fraction.suffix !== '') return 'mixed';
      return fraction.digits === '' ? null : `time ${fraction.digits}`;
    }
    default:
      return momentForm(found);
  }
}

function uuidForm(found: readonly string[]): string | null {
  if (found.includes(odd)) return 'mixed';
  if (found.length > 1) return 'uuid forms';
  return found[0] === 'lower' ? null : `uuid ${found[0]}`;
}

function momentForm(found: readonly string[]): string | null {
  const texts = found.filter((form) => /^[_T]/.test(form));
  return texts.length === 0 ? numberForm(found) : textForm(texts, texts.length < found.length);
}

/** Numbers: seconds or milliseconds since 1970; 0 may be either. */
function numberForm(found: readonly string[]): string {
  const numbers = found.filter((form) => form.startsWith('epoch '));
  const form = numbers[0] ?? (found.includes('epoch') ? 'epoch s' : '');
  return numbers.length > 1 || found.includes(odd) ? `${form} mixed`.trimStart() : form;
}

function textForm(texts: readonly string[], besideOthers: boolean): string | null {
  const fraction = fractionForm(texts.map((form) => form.slice(1)));
  const separators = new Set(texts.map((form) => form[0]));
  const form = `moment${texts[0]![0]}${fraction?.digits ?? ''}${fraction?.suffix ?? ''}`;
  if (besideOthers || fraction === null || separators.size > 1) return `${form} mixed`;
  return form === 'moment_' ? null : form;
}

interface FractionForm {
  /** As in `castType`: empty: no zeros at the end; `6`: padded to so many; `6?`: likewise, or left out. */
  readonly digits: string;
  readonly suffix: MomentSuffix;
}

/** The one form of all fractions; `null`: they have several, or one in which texts are not sorted as moments. */
function fractionForm(found: readonly string[]): FractionForm | null {
  const parsed = found.map((form) => /^(\d+)([ze]?)(|Z| ?\+00:00)$/.exec(form));
  const [first] = parsed;
  if (first === undefined || parsed.includes(null)) return null;
  const suffix = first![3] as MomentSuffix;
  const fractions = parsed.map((match) => ({ digits: match![1]!, zeros: match![2]!, suffix: match![3]! }));
  if (fractions.some((one) => one.suffix !== suffix)) return null;
  const lengths = new Set(fractions.map(({ digits }) => digits));
  if (lengths.size === 1) return { digits: lengths.has('0') ? '' : [...lengths][0]!, suffix };
  // `Z` is sorted after a point and digits, so that moments with fractions of several lengths are not in order.
  if (suffix === 'Z') return null;
  if (fractions.every(({ zeros }) => zeros === '')) return { digits: '', suffix };
  const isOptional = lengths.size === 2 && lengths.has('0') && fractions.every(({ zeros }) => zeros !== 'z');
  return isOptional ? { digits: `${[...lengths].find((length) => length !== '0')}?`, suffix } : null;
}
