import {
  type GraphQLSchema,
  isScalarType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import type { Session } from '../../access/index.ts';
import { adminRole } from '../../core/index.ts';
import { typescriptOf } from '../../graph/index.ts';
import type { Graphs } from '../../views/index.ts';
import { knownRole } from './known-roles.ts';

/** A scalar of the graph, and the TypeScript type of its values in JSON. */
export interface ScalarDescription {
  readonly name: string;
  readonly typescript: string;
}

/**
 * The schema of a role, by default of admin. It is built for the caller, so that reading all of it fills no cache. Throws FozError
 * `not-found` for a role without permissions.
 */
export function roleSchema(graphs: Graphs, name: string = adminRole): GraphQLSchema {
  return graphs.schema({ role: knownRole(graphs, name), variables: new Map() });
}

/** The schema of a role as SDL, sorted. Throws like `roleSchema`. */
export function roleSdl(graphs: Graphs, name?: string): string {
  return sdlOf(roleSchema(graphs, name));
}

/** The schema of a session as SDL, sorted. */
export function sessionSdl(graphs: Graphs, session: Session): string {
  return sdlOf(graphs.schema(session));
}

function sdlOf(schema: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(schema));
}

/** The scalars in the graph of a role, by name, without those of GraphQL itself. Throws like `roleSchema`. */
export function scalarsOf(graphs: Graphs, name?: string): ScalarDescription[] {
  const numbers = new Set([...graphs.catalog.sources.values()].map((source) => source.numbers));
  return Object.values(roleSchema(graphs, name).getTypeMap())
    .filter((type) => isScalarType(type) && !isSpecifiedScalarType(type))
    .flatMap(({ name }) => {
      const typescript = typescriptOf(name, numbers);
      return typescript === undefined ? [] : [{ name, typescript }];
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
