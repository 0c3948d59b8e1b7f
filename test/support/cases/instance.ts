import { connect } from '../../../src/attach.ts';
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
import { BrokenColumns, RoleEngine } from '../../../src/execute/index.ts';
import { buildGraph } from '../../../src/graph/index.ts';
import { adminRules, type Connector } from '../../../src/plan/index.ts';
import { compileFetch } from '../../../src/sql/compile/fetch.ts';
import type { Dialect } from '../../../src/sql/index.ts';
import { kindFacts } from '../../../src/views/index.ts';
import { freshDatabase, sharedDatabase, type TestDatabase } from '../databases.ts';
import { testEngines } from '../engine/index.ts';
import { availability, type Engine } from '../engines.ts';
import { metadata } from './metadata.ts';

/** Two sources on different engines, the shop and the support desk, with a role engine for each way of compiling. */
export interface Instance {
  readonly shop: TestDatabase;
  readonly support: TestDatabase;
  readonly connectors: ReadonlyMap<SourceName, Connector>;
  readonly hasura: RoleEngine;
  readonly graphql: RoleEngine;
  /** Compiles without nested rows, or nested ones where the engine has none, and returns the same answers; `null`: there is one way only. */
  readonly naive: RoleEngine | null;
  /** Resets tables of the shop to their fixture rows. */
  reset(tables: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * The engine of the support desk. It differs from the shop's, so every relationship between them crosses sources and
 * dialects.
 */
function partnerOf(engine: Engine): Engine {
  const { partner } = testEngines[engine];
  return 'reason' in availability(partner) ? 'sqlite' : partner;
}

/** Opens both databases on `engine` and its partner. `fresh`: private copies that may be written to. */
export async function openInstance(engine: Engine, fresh: boolean, name = 'cases'): Promise<Instance> {
  const partner = partnerOf(engine);
  const shop = fresh
    ? await freshDatabase(engine, 'shop', `shop_${name}`)
    : await sharedDatabase(engine, 'shop');
  const support = fresh
    ? await freshDatabase(partner, 'support', `support_${name}`)
    : await sharedDatabase(partner, 'support');
  // Only one process may open a PGlite folder, so scripts run through the connector's own session.
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

/** Brands a name that is known to be valid. */
export function sourceName(text: string): SourceName {
  return parseSourceName(text)!;
}

/** A connector to a test database. */
export function connectTo({ engine, location, catalog }: TestDatabase): Promise<Connector> {
  return connect({ name: catalog, kind: engine, [kindFacts(engine).place]: location });
}

/** Settings with which the sources are attached. */
export interface Attachment {
  readonly naming: Naming;
  readonly numbers: 'string' | 'number';
  readonly customization: Readonly<Record<string, Customization>>;
  readonly metadata: Metadata;
}

/** The default attachment, with some settings replaced. */
export function attachment(given: Partial<Attachment>): Attachment {
  return { naming: 'hasura-default', numbers: 'string', customization: {}, metadata, ...given };
}

/** Introspects and resolves the sources. Throws the problems of the metadata. */
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

/** Introspects and resolves the sources, and builds the engine of a role without restrictions. */
export async function roleEngine(
  connectors: ReadonlyMap<SourceName, Connector>,
  given: Attachment,
): Promise<RoleEngine> {
  const catalog = await catalogOf(connectors, given);
  const connectorOf = (source: SourceName) => connectors.get(source)!;
  const { schema, columnName } = buildGraph(catalog, (source) => connectorOf(source).capabilities);
  return new RoleEngine({
    schema,
    broken: new BrokenColumns(catalog.sources, columnName),
    rules: adminRules,
    connectorOf,
    keyCap: 10_000,
    cacheSize: 1000,
    showInternal: true,
  });
}

/**
 * The same connectors, but the shop's statements are compiled the other way: without nesting where its engine nests rows. `null`: there is one
 * way only.
 */
export function naiveConnectors(
  connectors: ReadonlyMap<SourceName, Connector>,
  engine: Engine,
): ReadonlyMap<SourceName, Connector> | null {
  const { dialect } = testEngines[engine];
  return dialect === undefined ? null : naively(connectors, sourceName('shop'), dialect);
}

/** The connector of one source, compiling as if its engine could not nest rows; one that does not nest them, as if it could. */
function naively(
  connectors: ReadonlyMap<SourceName, Connector>,
  source: SourceName,
  dialect: Dialect,
): Map<SourceName, Connector> {
  const connector = connectors.get(source)!;
  const isNested = connector.capabilities.nesting === 'json';
  const flat = { ...dialect.capabilities, nesting: 'batched' as const, combinedRoots: false };
  const capabilities = isNested ? flat : dialect.capabilities;
  const other: Dialect = { ...dialect, capabilities };
  return new Map([
    ...connectors,
    [source, { ...connector, capabilities, compileFetch: (fetch) => compileFetch(other, fetch) }],
  ]);
}
