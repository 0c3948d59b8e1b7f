import type { Scalar } from '../../catalog/index.ts';
import { checkText } from './text.ts';
import { scalarType } from './types.ts';

/** Reads a JSON value (never null) as a canonical value of the scalar. Throws GraphQLError for a wrong value. */
export function readScalar(scalar: Scalar, value: unknown): unknown {
  if (typeof value === 'string') checkText(value);
  return scalarType('hasura-default', scalar).parseValue(value);
}
