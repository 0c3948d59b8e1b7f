import type { ChangeMessage, RowImage } from '../../../plan/index.ts';
import { type OutboxDecoder, type OutboxRow, unseenOp } from '../../../sql/index.ts';
import { geoJsonText } from '../changes/geometry-text.ts';
import { mariadbVectorText, mysqlVectorText } from '../changes/native-forms.ts';
import type { Engine } from '../supported.ts';
import type { Kind } from './columns.ts';

const absent = '~'.charCodeAt(0);
const colon = ':'.charCodeAt(0);

/** Turns rows that triggers have stored into messages. An update that changes nothing is left out, as the binlog does. */
export function rowDecoder(engine: Engine): OutboxDecoder {
  return {
    messages({ table, op, columns, old, new: after }: OutboxRow): readonly ChangeMessage[] {
      if (op === unseenOp) return [{ kind: 'truncate', tables: [table] }];
      const [before, now] = [bytesOf(old), bytesOf(after)];
      if (op === 'update' && before !== null && now !== null && before.equals(now)) return [];
      const kinds = JSON.parse(columns) as readonly (readonly [name: string, kind: Kind])[];
      return [
        {
          kind: 'row',
          op: op as 'insert' | 'update' | 'delete',
          table,
          old: op === 'insert' ? null : imageOf(kinds, before, engine),
          new: op === 'delete' ? null : imageOf(kinds, now, engine),
        },
      ];
    },
  };
}

function bytesOf(stored: OutboxRow['old']): Buffer | null {
  return stored === null || Buffer.isBuffer(stored) ? stored : Buffer.from(stored);
}

/** The image of a row. A row that could not be stored has an image without values. */
function imageOf(
  kinds: readonly (readonly [name: string, kind: Kind])[],
  row: Buffer | null,
  engine: Engine,
): RowImage {
  if (row === null) return { columns: [], values: [] };
  let at = 0;
  const values = kinds.map(([, kind]) => {
    if (row[at] === absent) {
      at++;
      return null;
    }
    const end = row.indexOf(colon, at);
    const start = end + 1;
    const length = Number(row.toString('latin1', at, end));
    if (end < 0 || start + length > row.length)
      throw new RangeError('A row in the outbox of the database is cut.');
    at = start + length;
    return valueIn(kind, row.subarray(start, at), engine);
  });
  return { columns: kinds.map(([name]) => name), values };
}

function valueIn(kind: Kind, bytes: Buffer, engine: Engine): unknown {
  switch (kind) {
    case 'i':
      return Number(bytes.toString('latin1'));
    case 't':
      return bytes.toString('utf8');
    case 'b':
      // A copy, so that a value does not keep the whole row in memory.
      return Buffer.from(bytes);
    case 'g':
      return geoJsonText(bytes, engine);
    case 'v':
      return engine === 'mysql' ? mysqlVectorText(bytes) : mariadbVectorText(bytes);
    default:
      return momentText(bytes.toString('latin1'), Number(kind.slice(1)));
  }
}

/** `2024-02-29 23:59:59.5` in UTC of seconds since 1970. 0 is the zero date. */
function momentText(stored: string, digits: number): string {
  const [seconds = '', fraction = ''] = stored.split('.');
  const end = digits === 0 ? '' : `.${fraction.padEnd(digits, '0').slice(0, digits)}`;
  if (Number(stored) === 0) return `0000-00-00 00:00:00${end}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')}${end}`;
}
