import type { SourceName } from '../../../src/core/index.ts';
import type { RoleEngine } from '../../../src/execute/index.ts';
import type { Connector } from '../../../src/plan/index.ts';
import { sharedDatabase } from '../databases.ts';
import type { Engine } from '../engines.ts';
import { attachment, connectTo, type Instance, roleEngine, sourceName } from './instance.ts';
import { metadata } from './metadata.ts';

/**
 * Other ways of attaching the databases:
 * - `numbers`: `numbers: number`
 * - `customized`: a namespace, prefixes and suffixes, names of one's own for tables, columns and root fields
 * - `extra`: the database of what only PostgreSQL has
 */
export type Variant = 'numbers' | 'customized' | 'extra';

/** Role engines of the variants, each created on first use. */
export class Variants {
  readonly #instance: Instance;
  readonly #engine: Engine;
  readonly #made = new Map<Variant, Promise<RoleEngine>>();
  readonly #close: (() => Promise<void>)[] = [];

  constructor(engine: Engine, instance: Instance) {
    this.#engine = engine;
    this.#instance = instance;
  }

  get(variant: Variant): Promise<RoleEngine> {
    let made = this.#made.get(variant);
    if (made === undefined) {
      made = this.#make(variant);
      this.#made.set(variant, made);
    }
    return made;
  }

  async close(): Promise<void> {
    for (const close of this.#close) await close();
  }

  async #make(variant: Variant): Promise<RoleEngine> {
    const { connectors } = this.#instance;
    if (variant === 'numbers') return roleEngine(connectors, attachment({ numbers: 'number' }));
    if (variant === 'customized') return roleEngine(connectors, customized);
    const database = await sharedDatabase(this.#engine, 'pg_extra');
    const connector = await connectTo(database);
    this.#close.push(() => connector.close(), database.drop);
    const only = new Map<SourceName, Connector>([[sourceName('extra'), connector]]);
    return roleEngine(only, attachment({ metadata: { tables: [] } }));
  }
}

const customized = attachment({
  customization: {
    shop: {
      rootFields: { namespace: 'store', prefix: 'my_', suffix: '_here' },
      typeNames: { prefix: 'Store_', suffix: '_T' },
    },
    support: { rootFields: { prefix: 'desk_' }, typeNames: { prefix: 'Desk_' } },
  },
  metadata: {
    tables: [
      ...metadata.tables.filter(({ table }) => table !== 'customers' && table !== 'products'),
      {
        source: 'shop',
        table: 'addresses',
        configuration: { custom_root_fields: { select_by_addresses_customer_label_key: 'address_of' } },
      },
      {
        ...metadata.tables.find(({ table }) => table === 'customers')!,
        configuration: {
          custom_name: 'Buyer',
          column_config: {
            full_name: { custom_name: 'displayName' },
            points: { hidden: true },
          },
        },
      },
      {
        ...metadata.tables.find(({ table }) => table === 'products')!,
        configuration: {
          custom_root_fields: {
            select: 'goods',
            select_by_pk: 'one_good',
            select_aggregate: 'how_many_goods',
          },
          column_config: { sku: { custom_name: 'SKU' } },
        },
      },
    ],
  },
});
