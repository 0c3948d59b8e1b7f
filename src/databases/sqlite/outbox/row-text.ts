const literals = /'([^']*(?:''[^']*)*)'|X'([0-9A-F]*)'|T([0-9A-F]*)|(NULL)|([^,]+)/gy;

/** Parses a row that a trigger has stored as SQLite literals. Values have the form in which a query returns them. */
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

function literalValue([, text, bytes, nulText, isNull, number]: readonly (string | undefined)[]): unknown {
  if (text !== undefined) return text.replaceAll("''", "'");
  if (bytes !== undefined) return Buffer.from(bytes, 'hex');
  if (nulText !== undefined) return Buffer.from(nulText, 'hex').toString('utf8');
  if (isNull !== undefined) return null;
  if (!/^-?\d+$/.test(number!)) return Number(number);
  const value = Number(number);
  return Number.isSafeInteger(value) ? value : BigInt(number!);
}
