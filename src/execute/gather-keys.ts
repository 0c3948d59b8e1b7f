import { familyOf, type ValueType } from '../catalog/index.ts';
import { fromText, type ValueCodec } from '../plan/index.ts';
import type { ReadKey } from './remote-keys.ts';
import { TimeSlice } from './time-slice.ts';

/** The columns of a key in the rows of one side, and how its texts become values of the other side. */
export interface KeyReader {
  readonly keys: readonly { readonly index: number; readonly codec: ValueCodec }[];
  readonly read: readonly ReadKey[];
}

/** Distinct key tuples of rows, and for each row the index of its tuple; -1 where a part is NULL or cannot exist on the other side. */
export async function gatherKeys(
  rows: readonly (readonly unknown[])[],
  reader: KeyReader,
): Promise<{ readonly tuples: unknown[][]; readonly of: Int32Array }> {
  const tuples: unknown[][] = [];
  const seen = new Map<string, number>();
  // Different texts may be the same value on the other side, such as 1.0 and 1.00.
  const known = new Map<string, number>();
  const of = new Int32Array(rows.length);
  const slice = new TimeSlice();
  for (let row = 0; row < rows.length; row++) {
    if (slice.isOver(row)) await slice.next();
    const texts = textsOf(rows[row]!, reader);
    if (texts === null) {
      of[row] = -1;
      continue;
    }
    const identity = texts.length === 1 ? texts[0]! : JSON.stringify(texts);
    let index = seen.get(identity);
    if (index === undefined) {
      const tuple = readTuple(texts, reader.read);
      index = tuple === null ? -1 : placeOf(tuple, tuples, known);
      seen.set(identity, index);
    }
    of[row] = index;
  }
  return { tuples, of };
}

function placeOf(tuple: unknown[], tuples: unknown[][], known: Map<string, number>): number {
  const identity = tuple.length === 1 ? String(tuple[0]) : JSON.stringify(tuple.map(String));
  let index = known.get(identity);
  if (index === undefined) {
    index = tuples.push(tuple) - 1;
    known.set(identity, index);
  }
  return index;
}

function textsOf(row: readonly unknown[], { keys }: KeyReader): string[] | null {
  const texts: string[] = [];
  for (const { index, codec } of keys) {
    const value = row[index];
    if (value === null || value === undefined) return null;
    texts.push(codec.text === undefined ? String(value) : codec.text(value));
  }
  return texts;
}

/** Key texts as values of the other side, or `null` where one of them cannot exist there. */
export function readTuple(texts: readonly string[], read: readonly ReadKey[]): unknown[] | null {
  const tuple: unknown[] = [];
  for (let index = 0; index < texts.length; index++) {
    const value = read[index]!(texts[index]!);
    if (value === undefined) return null;
    tuple.push(value);
  }
  return tuple;
}

/** How key texts are read within one source, whose database compares them itself. */
export function ownKey(type: ValueType): ReadKey {
  return (text) => canonicalKey(text, type);
}

/** Texts of a row as canonical values of their types, or `null` where one text is not a value of its type. */
export function canonicalTuple(texts: readonly string[], types: readonly ValueType[]): unknown[] | null {
  const tuple: unknown[] = [];
  for (const [index, text] of texts.entries()) {
    const value = canonicalKey(text, types[index]!);
    if (value === undefined) return null;
    tuple.push(value);
  }
  return tuple;
}

const limits: Readonly<Partial<Record<ValueType['scalar'], bigint>>> = {
  smallint: 2n ** 15n,
  int: 2n ** 31n,
  bigint: 2n ** 63n,
};
const uuid = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

function canonicalKey(text: string, type: ValueType): unknown {
  switch (familyOf(type.scalar)) {
    case 'integer': {
      const digits = text.replace(/\.0+$/, '');
      if (!/^-?\d+$/.test(digits)) return undefined;
      const limit = limits[type.scalar]!;
      const value = BigInt(digits);
      if (value >= limit || value < -limit) return undefined;
      return fromText(value.toString(), type);
    }
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
    case 'float':
      return Number.isNaN(Number(text)) ? undefined : Number(text);
    case 'uuid':
      return uuid.test(text) ? text.toLowerCase() : undefined;
    case 'boolean':
      return text === 'true' || text === 't' || text === '1'
        ? true
        : text === 'false' || text === 'f' || text === '0'
          ? false
          : undefined;
    default:
      return fromText(text, type);
  }
}
