import type { TableMetadata } from '../../catalog/index.ts';
import { nameOf, schemaOf } from '../../catalog/index.ts';

/**
 * A path within the folder for the file of a new table: `shop/orders.yaml`, `shop/sales.orders.yaml`. `taken` holds the used paths in lower
 * case, since some file systems are case-insensitive; the new path is added to it.
 */
export function newFileName({ source, table }: TableMetadata, taken: Set<string>): string {
  const schema = schemaOf(table);
  const stem = `${safe(source)}/${schema === null ? '' : `${safe(schema)}.`}${safe(nameOf(table))}`;
  for (let number = 1; ; number++) {
    const path = `${stem}${number === 1 ? '' : `~${number}`}.yaml`;
    if (taken.has(path.toLowerCase())) continue;
    taken.add(path.toLowerCase());
    return path;
  }
}

/** Names that Windows reserves for devices. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/** Keeps letters, digits, `_` and `-`, and encodes the rest as `%2F`. The path is only for people: the name of the table is in the file. */
function safe(name: string): string {
  const text = name.replaceAll(/[^\p{L}\p{N}_-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  const short = [...text].slice(0, 60).join('');
  return reserved.test(short) || short === '' ? `%${short}` : short;
}
