import { type GraphQLSchema, getNamedType, isEnumType, isInterfaceType, isObjectType } from 'graphql';
import type { Operator, ScalarFamily } from '../../../src/catalog/index.ts';
import type { Capabilities } from '../../../src/plan/index.ts';
import { testEngines } from '../engine/index.ts';
import type { Engine } from '../engines.ts';

/** An operator that an engine must have: for columns of any family (`_like`), or of one (`_contains:json`). */
export type NeededOperator = Operator | `${Operator}:${ScalarFamily}`;

/** What an engine, or the shop on it, must support for a case to apply. */
export interface Needs {
  /** Boolean capabilities that must be true. */
  readonly capabilities?: readonly (keyof Capabilities)[];
  /** Types of fields: `{ "products.attributes": "jsonb" }`. */
  readonly types?: Readonly<Record<string, string>>;
  /** Values of enums: `products_constraint.products_sku_key`. */
  readonly values?: readonly string[];
  /** Texts of the shop are ordered and grouped by code point, not by a collation. */
  readonly exactTexts?: boolean;
}

/** An engine that runs a case, with the graph of a role without restrictions. */
export interface Asked {
  readonly engine: Engine;
  readonly capabilities: Capabilities;
  readonly schema: GraphQLSchema;
}

/**
 * `null`: the case applies. `refused`: validation must refuse it, since the graph lacks a name that it uses. `different`: the
 * answer may be another one.
 */
export function hindrance(
  { operators = [], needs = {} }: { readonly operators?: readonly NeededOperator[]; readonly needs?: Needs },
  { engine, capabilities, schema }: Asked,
): 'refused' | 'different' | null {
  const lacks =
    operators.some((needed) => lacksOperator(capabilities, needed)) ||
    (needs.capabilities ?? []).some((name) => capabilities[name] !== true) ||
    Object.entries(needs.types ?? {}).some(([field, type]) => typeOf(schema, field) !== type) ||
    (needs.values ?? []).some((value) => !hasValue(schema, value));
  if (lacks) return 'refused';
  return needs.exactTexts === true && !testEngines[engine].exactTexts ? 'different' : null;
}

function lacksOperator({ operators }: Capabilities, needed: NeededOperator): boolean {
  const [operator, family] = needed.split(':') as [Operator, ScalarFamily?];
  const lacking = operators.get(operator);
  return lacking === undefined || (family !== undefined && lacking.has(family));
}

/** Throws for a field that no engine has, which is a typing mistake in the case. */
function typeOf(schema: GraphQLSchema, field: string): string {
  const [name, member] = field.split('.') as [string, string];
  const type = schema.getType(name);
  const found = isObjectType(type) || isInterfaceType(type) ? type.getFields()[member] : undefined;
  if (found === undefined) throw new Error(`There is no field ${field}, which a case needs.`);
  return getNamedType(found.type).name;
}

function hasValue(schema: GraphQLSchema, value: string): boolean {
  const [name, member] = value.split('.') as [string, string];
  const type = schema.getType(name);
  if (!isEnumType(type)) throw new Error(`There is no enum ${name}, which a case needs.`);
  return type.getValue(member) != null;
}
