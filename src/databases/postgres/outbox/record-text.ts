/**
 * The values of a row in the text that PostgreSQL writes for it, `(1,"a b",,"")`: texts as the output functions of their types write
 * them, `null` for NULL. See https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX
 */
export function valuesOf(record: string): (string | null)[] {
  const values: (string | null)[] = [];
  const end = record.length - 1;
  for (let at = 1; at <= end; at++) {
    if (record[at] === '"') {
      const close = closing(record, at);
      const quoted = record.slice(at + 1, close);
      values.push(special.test(quoted) ? quoted.replaceAll(/""|\\\\/g, (pair) => pair[0]!) : quoted);
      at = close + 1;
    } else {
      const comma = record.indexOf(',', at);
      const stop = comma < 0 ? end : comma;
      values.push(at === stop ? null : record.slice(at, stop));
      at = stop;
    }
  }
  return values;
}

/** Characters that are doubled within quotes. */
const special = /["\\]/;

/** The position of the quote that ends the text which begins at `from`. */
function closing(record: string, from: number): number {
  for (let at = from + 1; at < record.length; at++) {
    if (record[at] === '\\') at++;
    else if (record[at] === '"') {
      if (record[at + 1] !== '"') return at;
      at++;
    }
  }
  throw new RangeError('A row in the outbox of the database is cut.');
}
