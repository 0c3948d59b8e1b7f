import type { Connector } from '../plan/index.ts';
import type { Cell, Rows } from './shop.ts';

/** How an engine spells literals that differ between engines. */
export interface Spelling {
  readonly boolean: (value: boolean) => string;
  readonly bytes: (base64: string) => string;
  readonly array: (items: readonly string[]) => string;
}

export const postgresSpelling: Spelling = {
  boolean: String,
  bytes: (base64) => `decode('${base64}', 'base64')`,
  array: (items) => `array[${items.map(quote).join(',')}]::text[]`,
};
export const sqliteSpelling: Spelling = {
  boolean: (value) => (value ? '1' : '0'),
  bytes: (base64) => `x'${Buffer.from(base64, 'base64').toString('hex')}'`,
  array: (items) => quote(JSON.stringify(items)),
};

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function spell(cell: Cell, spelling: Spelling): string {
  if (cell === null) return 'null';
  if (typeof cell === 'boolean') return spelling.boolean(cell);
  if (typeof cell === 'number') return String(cell);
  if (typeof cell === 'string') return quote(cell);
  if (Array.isArray(cell)) return spelling.array(cell as readonly string[]);
  return 'json' in cell
    ? quote(JSON.stringify(cell.json))
    : spelling.bytes((cell as { readonly base64: string }).base64);
}

const rowsPerStatement = 500;

/** Creates and fills the tables in one transaction, so that the demo is complete or absent. */
export async function load(
  connector: Connector,
  before: readonly string[],
  rows: Rows,
  after: readonly string[],
  spelling: Spelling,
): Promise<void> {
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await connector.transaction('write', context, async (runner) => {
    const run = (text: string) => runner.run({ text, slots: [] }, [], context);
    for (const text of before) await run(text);
    for (const [table, list] of rows) {
      for (let start = 0; start < list.length; start += rowsPerStatement) {
        const values = list
          .slice(start, start + rowsPerStatement)
          .map((row) => `(${row.map((cell) => spell(cell, spelling)).join(',')})`);
        await run(`insert into ${table} values ${values.join(',')}`);
      }
    }
    for (const text of after) await run(text);
  });
}
