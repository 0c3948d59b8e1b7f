import {
  type Catalog,
  type Customization,
  type Metadata,
  type Naming,
  resolveCatalog,
  type SourceInput,
} from '../../../src/catalog/index.ts';
import { parseSourceName, type SourceName } from '../../../src/core/index.ts';
import { connectPglite } from '../../../src/databases/pglite/index.ts';
import { RoleEngine } from '../../../src/execute/index.ts';
import { buildGraph } from '../../../src/graph/index.ts';
import { connect } from '../../../src/main.ts';
import { adminRules, type Connector } from '../../../src/plan/index.ts';
import { compileFetch } from '../../../src/sql/compile/fetch.ts';
import type { Dialect } from '../../../src/sql/index.ts';
import { kindFacts } from '../../../src/views/index.ts';
import { freshDatabase, sharedDatabase, type TestDatabase } from '../databases.ts';
import { testEngines } from '../engine/index.ts';
import { availability, type Engine } from '../engines.ts';
import { metadata } from './metadata.ts';

/** Two sources, the shop on one engine and the support desk on another, and engines for each way of asking. */
export interface Instance {
  readonly shop: TestDatabase;
  readonly support: TestDatabase;
  readonly connectors: ReadonlyMap<SourceName, Connector>;
  readonly hasura: RoleEngine;
  readonly graphql: RoleEngine;
  /** The same answers without nesting; `null` where the engine does not nest anyway. */
  readonly naive: RoleEngine | null;
  /** Brings tables of the shop back to their first rows. */
  reset(tables: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The support desk stands on another engine, so that every relationship into it crosses sources and dialects. */
function partnerOf(engine: Engine): Engine {
  const { partner } = testEngines[engine];
  return 'reason' in availability(partner) ? 'sqlite' : partner;
}

/** Opens both databases on `engine` and its partner. `fresh`: copies of one's own, to write to. */
export async function openInstance(engine: Engine, fresh: boolean, name = 'cases'): Promise<Instance> {
  const partner = partnerOf(engine);
  const shop = fresh
    ? await freshDatabase(engine, 'shop', `shop_${name}`)
    : await sharedDatabase(engine, 'shop');
  const support = fresh
    ? await freshDatabase(partner, 'support', `support_${name}`)
    : await sharedDatabase(partner, 'support');
  // A PGlite folder is open in one place only: scripts go through the connector's own session.
  let execute: ((script: string) => Promise<void>) | undefined;
  const setUp = async (own: (script: string) => Promise<void>) => {
    execute = own;
  };
  const connectors = new Map<SourceName, Connector>([
    [
      sourceName('shop'),
      engine === 'pglite' ? connectPglite({ folder: shop.location, setUp }) : await connectTo(shop),
    ],
    [sourceName('support'), await connectTo(support)],
  ]);
  const naive = naiveConnectors(connectors, engine);
  return {
    shop,
    support,
    connectors,
    hasura: await roleEngine(connectors, attachment({})),
    graphql: await roleEngine(connectors, attachment({ naming: 'graphql-default' })),
    naive: naive === null ? null : await roleEngine(naive, attachment({})),
    async reset(tables) {
      if (tables.length > 0) await shop.reset(tables, execute);
    },
    async close() {
      await Promise.all([...connectors.values()].map((connector) => connector.close()));
      await shop.drop();
      await support.drop();
    },
  };
}

/** The brand for a name that is known to be one. */
export function sourceName(text: string): SourceName {
  return parseSourceName(text)!;
}

/** A connector to a database of the harness. */
export function connectTo({ engine, location, catalog }: TestDatabase): Promise<Connector> {
  return connect({ name: catalog, kind: engine, [kindFacts(engine).place]: location });
}

/** How the sources of an engine for a role are attached. */
export interface Attachment {
  readonly naming: Naming;
  readonly numbers: 'string' | 'number';
  readonly customization: Readonly<Record<string, Customization>>;
  readonly metadata: Metadata;
}

/** As most cases want it, but for what is given. */
export function attachment(given: Partial<Attachment>): Attachment {
  return { naming: 'hasura-default', numbers: 'string', customization: {}, metadata, ...given };
}

/** Introspects the sources and resolves them. Throws what is wrong with the metadata. */
export async function catalogOf(
  connectors: ReadonlyMap<SourceName, Connector>,
  { naming, numbers, customization, metadata }: Attachment,
): Promise<Catalog> {
  const inputs = await Promise.all(
    [...connectors].map(async ([name, connector]): Promise<SourceInput> => {
      const patterns = { include: [], exclude: [] };
      const facts = await connector.introspect(
        { namespaces: patterns, tables: patterns },
        AbortSignal.timeout(30_000),
      );
      const own = customization[name] ?? { rootFields: {}, typeNames: {} };
      return { name, naming, numbers, customization: own, facts };
    }),
  );
  const catalog = resolveCatalog(inputs, metadata);
  const errors = catalog.issues.filter((issue) => issue.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((issue) => `${issue.where}: ${issue.reason}`).join('\n'));
  return catalog;
}

/** Introspects the sources, resolves them and builds an engine of the role that sees everything. */
export async function roleEngine(
  connectors: ReadonlyMap<SourceName, Connector>,
  given: Attachment,
): Promise<RoleEngine> {
  const catalog = await catalogOf(connectors, given);
  const connectorOf = (source: SourceName) => connectors.get(source)!;
  const { schema } = buildGraph(catalog, (source) => connectorOf(source).capabilities);
  return new RoleEngine({
    schema,
    rules: adminRules,
    connectorOf,
    keyCap: 10_000,
    cacheSize: 1000,
    showInternal: true,
  });
}

/** The same connectors, with the shop's compiled as if its engine could not nest rows; `null` where it does not anyway. */
export function naiveConnectors(
  connectors: ReadonlyMap<SourceName, Connector>,
  engine: Engine,
): ReadonlyMap<SourceName, Connector> | null {
  const { dialect } = testEngines[engine];
  return dialect === undefined ? null : naively(connectors, sourceName('shop'), dialect);
}

/** The connector of one source compiled as if its engine could not nest rows. */
function naively(
  connectors: ReadonlyMap<SourceName, Connector>,
  source: SourceName,
  dialect: Dialect,
): Map<SourceName, Connector> {
  const capabilities = { ...dialect.capabilities, nesting: 'batched' as const, combinedRoots: false };
  const flat: Dialect = { ...dialect, capabilities };
  const connector = connectors.get(source)!;
  return new Map([
    ...connectors,
    [source, { ...connector, capabilities, compileFetch: (fetch) => compileFetch(flat, fetch) }],
  ]);
}
