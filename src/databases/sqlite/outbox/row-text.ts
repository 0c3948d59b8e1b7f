const literals = /'([^']*(?:''[^']*)*)'|X'([0-9A-F]*)'|([TUV])([0-9A-F]*)|(NULL)|([^,]+)/gy;

/**
 * Parses a row that a trigger has stored as SQLite literals. Integers are bigint and floating point numbers are number, so that `5` and `5.0`
 * stay different.
 */
export function valuesOf(row: string): unknown[] {
  const values: unknown[] = [];
  literals.lastIndex = 0;
  for (let at = 0; at < row.length; at = literals.lastIndex + 1) {
    literals.lastIndex = at;
    const found = literals.exec(row);
    if (found === null) throw new RangeError('A row in the outbox of the database is cut.');
    values.push(literalValue(found));
  }
  return values;
}

function literalValue(found: readonly (string | undefined)[]): unknown {
  const [, text, bytes, encoding, encoded, isNull, number] = found;
  if (text !== undefined) return text.replaceAll("''", "'");
  if (bytes !== undefined) return Buffer.from(bytes, 'hex');
  if (encoded !== undefined) return decoded(encoding!, Buffer.from(encoded, 'hex'));
  if (isNull !== undefined) return null;
  return /^-?\d+$/.test(number!) ? BigInt(number!) : Number(number);
}

/** A text by its bytes, in the encoding of the database. */
function decoded(marker: string, bytes: Buffer): string {
  if (marker === 'V') bytes.swap16();
  return bytes.toString(marker === 'T' ? 'utf8' : 'utf16le');
}
