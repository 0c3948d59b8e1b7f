import type { GraphQLSchema } from 'graphql';
import type { CacheBudget } from '../../../src/core/index.ts';
import { RoleEngine } from '../../../src/execute/index.ts';
import { buildGraph, type LazySchema } from '../../../src/graph/index.ts';
import { adminRules } from '../../../src/plan/index.ts';
import { catalog, column, everything, reference, source, table } from '../../graph/catalogs.ts';

/** A graph whose introspection answer takes several megabytes. `word`: the prefix of its table names. */
export function largeGraph(word = 't', count = 60): LazySchema {
  const tables = Array.from({ length: count }, (_, at) =>
    table(
      `${word}${at}`,
      [
        column('id', 'int', { comment: 'Schlüssel ✓' }),
        column('parent_id', 'int', { nullable: true }),
        ...Array.from({ length: 10 }, (_, n) => column(`c${n}`, n % 2 === 0 ? 'numeric' : 'text')),
      ],
      { foreignKeys: at === 0 ? [] : [reference('parent_id', `${word}${at - 1}`)] },
    ),
  );
  return buildGraph(catalog([source('shop', tables)]), () => everything).schema as LazySchema;
}

/** An engine for introspection only; it has no sources. */
export function engineOf(schema: GraphQLSchema, introspections?: CacheBudget): RoleEngine {
  return new RoleEngine({
    schema,
    rules: adminRules,
    connectorOf: () => {
      throw new Error('introspection asks no source');
    },
    keyCap: 100,
    cacheSize: 100,
    showInternal: true,
    ...(introspections === undefined ? {} : { introspections }),
  });
}
