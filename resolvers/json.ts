import { GraphQLScalarType } from 'graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { withDigits } from '../src/core/index.ts';
import { jsonLiteral } from '../src/graph/index.ts';

/** JSON, with numbers in literals that a double would change as their digits in text: conditions take a number either way. */
export const JsonScalar = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  parseLiteral: (node, variables) => withDigits(jsonLiteral('JSON', node, variables)),
});
