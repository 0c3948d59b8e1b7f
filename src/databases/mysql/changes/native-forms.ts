/**
 * A property of a MariaDB column that its binlog lacks. Most are types whose values look like plain bytes in the binlog. `row end`: the column
 * holds the end of the row's validity in a table with system versioning.
 */
export type HiddenType = 'uuid' | 'inet4' | 'inet6' | 'vector' | 'row end';

/** The text of a UUID. The binlog has its bytes in their order, unlike the storage engine. */
export function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** `192.0.2.1` */
export function inet4Text(stored: Buffer): string {
  return [...stored].join('.');
}

/** `2001:db8::1`, with the longest run of zeros left out, and mapped addresses with their last part in the form of IPv4. */
export function inet6Text(stored: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => stored.readUInt16BE(2 * index));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const isCompatible = groups.slice(0, 6).every((group) => group === 0) && stored.readUInt32BE(12) > 0xffff;
  if (isMapped || isCompatible) return `::${isMapped ? 'ffff:' : ''}${inet4Text(stored.subarray(12))}`;
  let [start, length] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** A vector as MySQL prints it: six digits and an exponent of two. */
export function mysqlVectorText(stored: Buffer): string {
  const texts = vectorOf(stored).map((value) =>
    value.toExponential(5).replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`),
  );
  return `[${texts.join(',')}]`;
}

/** A vector as MariaDB prints it: the shortest digits. */
export function mariadbVectorText(stored: Buffer): string {
  const texts = vectorOf(stored).map((value) => {
    for (let digits = 1; digits < 9; digits++) {
      const shorter = Number(value.toPrecision(digits));
      if (Math.fround(shorter) === value) return String(shorter);
    }
    return String(value);
  });
  return `[${texts.join(',')}]`;
}

function vectorOf(stored: Buffer): number[] {
  return Array.from({ length: stored.length / 4 }, (_, index) => stored.readFloatLE(4 * index));
}
