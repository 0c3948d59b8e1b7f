import { type ScalarFamily, scalars } from '../../catalog/index.ts';

/** The JSON types in which the sources of a graph return `bigint` and `numeric`. */
export type NumberForms = ReadonlySet<'string' | 'number'>;

const byFamily: Readonly<Partial<Record<ScalarFamily, string>>> = {
  boolean: 'boolean',
  integer: 'number',
  float: 'number',
  json: 'unknown',
  geometry: 'unknown',
};

/**
 * The TypeScript type of a scalar's values in JSON; `undefined` for GraphQL's own scalars. `bigint` and `numeric`
 * have both types where sources differ.
 */
export function typescriptOf(name: string, numbers: NumberForms): string | undefined {
  const facts = Object.values(scalars).find((one) => one.name === name || one.graphqlDefault === name);
  if (facts === undefined) return undefined;
  if (facts.form === 'digits') return [...numbers].sort().reverse().join(' | ');
  return byFamily[facts.family] ?? 'string';
}
