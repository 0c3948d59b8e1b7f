import { GraphQLScalarType } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { withDigits } from '../src/core/index.ts';
import { jsonLiteral } from '../src/graph/index.ts';

/** JSON. A number in a literal that a double would change is passed on as text with its digits; conditions accept both. */
export const JsonScalar = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  parseLiteral: (node, variables) => withDigits(jsonLiteral('JSON', node, variables)),
});
