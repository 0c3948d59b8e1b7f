import { parse } from 'graphql';
import type { Findings } from './findings.ts';
import { type Entry, isEntry } from './read-tree.ts';

/** A query collection. */
export interface Collection {
  readonly name: string;
  /** One GraphQL document. */
  readonly text: string;
}

/** The allow lists of Hasura, ready for the setting `allow_list`. */
export interface AllowedOperations {
  readonly collections: readonly Collection[];
  /** Names of collections by role. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
}

/** Query collections, and the roles that may use them. A collection for all roles is allowed to each of `roles`. */
export function allowedOperations(
  root: Entry,
  roles: readonly string[],
  findings: Findings,
): AllowedOperations {
  const given = entriesOf(root.query_collections);
  const collections = given.map((collection) => ({
    name: String(collection.name),
    text: queriesOf(collection, findings).join('\n\n'),
  }));
  const filled = collections.filter(({ text }) => text !== '');
  const allowed = new Map<string, string[]>();
  for (const entry of entriesOf(root.allowlist)) {
    const { collection, scope } = entry;
    if (!filled.some(({ name }) => name === collection)) continue;
    const own = isEntry(scope) && scope.global === false;
    const names = own && Array.isArray(scope.roles) ? scope.roles.map(String) : roles;
    for (const role of names) allowed.set(role, [...(allowed.get(role) ?? []), String(collection)]);
    findings.add(
      entry,
      undefined,
      `allow list: collection ${collection}`,
      'is not in force yet: take the part "allow_list" of allow-list.yaml into the configuration (Hasura enforces it only where HASURA_GRAPHQL_ENABLE_ALLOWLIST is set)',
    );
  }
  return { collections: filled, roles: allowed };
}

function queriesOf(collection: Entry, findings: Findings): string[] {
  const definition = isEntry(collection.definition) ? collection.definition : {};
  return entriesOf(definition.queries).flatMap((query) => {
    const text = String(query.query ?? '').trim();
    try {
      parse(text);
      return [`# ${String(query.name).replaceAll(/\s+/g, ' ')}\n${text}`];
    } catch (error) {
      const where = `collection ${collection.name}: query ${query.name}`;
      findings.add(query, 'query', where, `left out: ${(error as Error).message}`);
      return [];
    }
  });
}

function entriesOf(value: unknown): readonly Entry[] {
  return Array.isArray(value) ? value.filter(isEntry) : [];
}
