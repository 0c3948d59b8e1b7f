import type { Param, Plan } from '../../../src/plan/index.ts';

/** A plan whose constants have become variables, with their values. */
export interface Varied {
  readonly plan: Plan;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Makes a variable of each constant of a plan, as if the client had sent the value. */
export function asVariables(plan: Plan): Varied {
  const variables: Record<string, unknown> = {};
  const copies = new Map<object, object>();
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || isOfCatalog(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy: object = Array.isArray(value) ? [] : {};
    copies.set(value, copy);
    for (const [key, part] of Object.entries(value)) Object.assign(copy, { [key]: copyOf(part) });
    if (isConstant(value)) {
      const name = `constant ${Object.keys(variables).length}`;
      variables[name] = value.source.value;
      Object.assign(copy, { source: { kind: 'variable', path: [name] } });
    }
    return copy;
  };
  return { plan: copyOf(plan) as Plan, variables };
}

/** Whether it is a table, a column, a relationship or a set, which plans only refer to. */
function isOfCatalog(value: object): boolean {
  return (
    'customRootFields' in value ||
    'nativeType' in value ||
    'mapping' in value ||
    value instanceof Set ||
    value instanceof Map
  );
}

type ConstantParam = Param & { readonly source: { readonly kind: 'constant'; readonly value: unknown } };

function isConstant(value: object): value is ConstantParam {
  return (
    'shape' in value && 'path' in value && 'source' in value && (value as Param).source.kind === 'constant'
  );
}
