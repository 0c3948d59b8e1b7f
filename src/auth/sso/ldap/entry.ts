import type { Entry } from 'ldapts';

/** The values of an attribute as texts. Servers write the names of attributes as their schema has them. Bytes that are no text are in base64. */
export function valuesOf(entry: Entry, attribute: string): string[] {
  return [rawOf(entry, attribute) ?? []]
    .flat()
    .map((value) => (typeof value === 'string' ? value : value.toString('base64')))
    .filter((value) => value !== '');
}

/** The lasting identifier of an entry; `null`: it has none. A GUID of Active Directory is written as usual. */
export function subjectOf(entry: Entry, attribute: string): string | null {
  const value = [rawOf(entry, attribute) ?? []].flat()[0];
  if (Buffer.isBuffer(value) && value.length === 16 && attribute.toLowerCase() === 'objectguid')
    return guidOf(value);
  return valuesOf(entry, attribute)[0] ?? null;
}

/** The first three parts of a GUID are stored with their lowest byte first. */
function guidOf(bytes: Buffer): string {
  const part = (from: number, to: number, isReversed: boolean) => {
    const some = Buffer.from(bytes.subarray(from, to));
    return (isReversed ? some.reverse() : some).toString('hex');
  };
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10, false), part(10, 16, false)].join(
    '-',
  );
}

function rawOf(entry: Entry, attribute: string): Entry[string] | undefined {
  const wanted = attribute.toLowerCase();
  return Object.entries(entry).find(([name]) => name !== 'dn' && name.toLowerCase() === wanted)?.[1];
}
