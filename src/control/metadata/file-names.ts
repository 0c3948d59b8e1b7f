import type { TableMetadata } from '../../catalog/index.ts';
import { nameOf, schemaOf } from '../../catalog/index.ts';

/**
 * Where a new file for a table goes within the folder: `shop/orders.yaml`, `shop/sales.orders.yaml`. `taken` holds the paths that are in
 * use, in lower case, since some file systems do not tell cases apart; the new path is added to it.
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

/** Names that Windows keeps for devices. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;

/** Letters, digits, `_` and `-` as they are, everything else as `%2F`. The name that counts stands inside the file. */
function safe(name: string): string {
  const text = name.replaceAll(/[^\p{L}\p{N}_-]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
  const short = [...text].slice(0, 60).join('');
  return reserved.test(short) || short === '' ? `%${short}` : short;
}
