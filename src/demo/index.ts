import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metadata } from '../catalog/index.ts';
import type { Connector } from '../plan/index.ts';
import { lockFolder } from '../sql/index.ts';
import type { SourceConfig } from '../views/index.ts';
import { load, postgresSpelling, sqliteSpelling } from './load.ts';
import { type Sample, samples } from './samples.ts';
import { shopRows } from './shop.ts';
import { shopFinish, shopTables } from './shop-tables.ts';
import { supportRows, supportTables } from './support.ts';

export { shopRows } from './shop.ts';
export { supportRows } from './support.ts';

/** The content of a demo: sources of different engines, relationships between them, and sample operations. */
export interface Demo {
  readonly sources: readonly SourceConfig[];
  readonly metadata: Metadata;
  readonly samples: readonly Sample[];
  /** Opens the control API. It stays the same as long as the demo's folder. */
  readonly adminSecret: string;
}

/** Changed whenever the tables or rows change: a demo of another edition is created anew. */
const edition = '1';

/** Creates the demo in `folder` on the first run. After an interrupted run, it is created anew. */
export async function prepareDemo(
  folder: string,
  connect: (source: SourceConfig, options: { readonly create: boolean }) => Promise<Connector>,
  progress: (text: string) => void,
): Promise<Demo> {
  const sources: SourceConfig[] = [
    { name: 'shop', kind: 'pglite', path: join(folder, 'shop') },
    { name: 'support', kind: 'sqlite', path: join(folder, 'support.db') },
  ];
  const mark = join(folder, `ready-${edition}`);
  if (!existsSync(mark)) {
    const free = await lockFolder(folder, {
      what: 'demo',
      wayOut: 'It is being made there: wait until it is done, or stop that one.',
    });
    try {
      if (!existsSync(mark)) await make();
    } finally {
      free();
    }
  }
  return { sources, metadata: demoMetadata, samples, adminSecret: adminSecretIn(folder) };

  async function make(): Promise<void> {
    progress('Setting up the demo: a shop in PGlite and a support desk in SQLite ...');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const shop = shopRows();
    const support = supportRows(shop);
    await fill(
      await connect(sources[0]!, { create: true }),
      'shop',
      (connector) => load(connector, shopTables, shop, shopFinish, postgresSpelling),
      progress,
    );
    await fill(
      await connect(sources[1]!, { create: true }),
      'support',
      (connector) => load(connector, supportTables, support, [], sqliteSpelling),
      progress,
    );
    const count = [...shop.values(), ...support.values()].reduce((sum, rows) => sum + rows.length, 0);
    writeFileSync(mark, '');
    progress(`  ${count.toLocaleString('en')} rows in ${shop.size + support.size} tables.`);
  }
}

/** The admin secret of the demo: random, in a file that only its owner can read. */
function adminSecretIn(folder: string): string {
  const file = join(folder, 'admin-secret');
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

async function fill(
  connector: Connector,
  name: string,
  run: (connector: Connector) => Promise<void>,
  progress: (text: string) => void,
): Promise<void> {
  const started = performance.now();
  try {
    await run(connector);
  } finally {
    await connector.close();
  }
  progress(`  ${name} is filled (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function remote(
  name: string,
  source: string,
  table: string,
  relationship_type: 'object' | 'array',
  field_mapping: Record<string, string>,
) {
  return { name, definition: { to_source: { source, table, relationship_type, field_mapping } } };
}

const demoMetadata: Metadata = {
  tables: [
    {
      source: 'shop',
      table: 'customers',
      remote_relationships: [
        remote('tickets', 'support', 'tickets', 'array', { id: 'customer_id' }),
        remote('satisfaction', 'support', 'satisfaction', 'object', { id: 'customer_id' }),
      ],
    },
    {
      source: 'shop',
      table: 'order_items',
      remote_relationships: [
        remote('notes', 'support', 'item_notes', 'array', { order_id: 'order_id', line_no: 'line_no' }),
      ],
    },
    {
      source: 'shop',
      table: 'order_totals',
      primary_key: ['order_id'],
      object_relationships: [
        {
          name: 'order',
          using: { manual_configuration: { remote_table: 'orders', column_mapping: { order_id: 'id' } } },
        },
      ],
    },
    {
      source: 'support',
      table: 'tickets',
      remote_relationships: [remote('customer', 'shop', 'customers', 'object', { customer_id: 'id' })],
    },
    {
      source: 'support',
      table: 'item_notes',
      remote_relationships: [
        remote('order_item', 'shop', 'order_items', 'object', { order_id: 'order_id', line_no: 'line_no' }),
      ],
    },
    {
      source: 'support',
      table: 'satisfaction',
      remote_relationships: [remote('customer', 'shop', 'customers', 'object', { customer_id: 'id' })],
    },
    { source: 'support', table: 'open_tickets', primary_key: ['id'] },
  ],
};
