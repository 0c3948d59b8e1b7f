import { type GraphQLInputType, getNullableType, isListType, type ValueNode, valueFromAST } from 'graphql';
import { withDigits } from '../../core/index.ts';
import type { ServiceTarget } from '../../graph/index.ts';
import type { Planning } from '../context.ts';
import type { Selected } from '../fields.ts';
import type { VariableValues } from '../input/coercion.ts';
import { resultWriter } from './result.ts';

/** The assumed number of rows of a list whose limit is null. */
const mostRows = 100;

/** A root field that something outside of the sources answers. */
export interface ServicePlan {
  readonly target: ServiceTarget;
  /** The arguments by name, as canonical values. A number that a double would change is the text of its digits. */
  readonly argumentsOf: (variables: VariableValues) => Readonly<Record<string, unknown>>;
  /** The most rows of the answer: the argument `limit` of a list; 0 where there is none. */
  readonly rows: (variables: VariableValues) => number;
  /** The JSON text of an answer, by the type of the field and the selection. Throws FozError `unexpected` for an answer that does not fit. */
  readonly text: (answer: unknown) => string;
}

/** Plans a root field that is not that of a table. */
export function planService(
  planning: Planning,
  selected: Selected,
  target: ServiceTarget,
  path: string,
): ServicePlan {
  const given = selected.nodes[0]!.arguments ?? [];
  const args = selected.field!.args.map(({ name, type, defaultValue }) => {
    const node = given.find((argument) => argument.name.value === name)?.value;
    return { name, read: reader(type, node, defaultValue) };
  });
  const limit = isListType(getNullableType(selected.field!.type))
    ? args.find(({ name }) => name === 'limit')
    : undefined;
  return {
    target,
    rows: (variables) => (limit === undefined ? 0 : Number(limit.read(variables) ?? mostRows)),
    argumentsOf: (variables) =>
      Object.fromEntries(
        args.flatMap(({ name, read }) => {
          const value = read(variables);
          return value === undefined ? [] : [[name, withDigits(value)]];
        }),
      ),
    text: resultWriter(planning, selected, path),
  };
}

function reader(
  type: GraphQLInputType,
  node: ValueNode | undefined,
  fallback: unknown,
): (variables: VariableValues) => unknown {
  if (node === undefined) return () => fallback;
  return (variables) => {
    const isAbsent = node.kind === 'Variable' && variables[node.name.value] === undefined;
    return isAbsent ? fallback : valueFromAST(node, type, variables);
  };
}
