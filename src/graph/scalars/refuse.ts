import { GraphQLError, Kind, print, type ValueNode } from 'graphql';
import { ExactNumber } from '../../core/index.ts';

/** A literal that no scalar accepts (an enum name, a list, ...). It is kept so that the refusal can show it. */
class WrongLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Always throws the GraphQLError for a wrong value: `date cannot be "2024-02-30": there is no such day. Send ...`. */
export function refuse(name: string, value: unknown, problem: string, advice: string): never {
  throw new GraphQLError(`${name} cannot be ${shown(value)}: ${problem}. ${advice}.`);
}

const shownLength = 40;

/** A short form of a value for error messages: long text is cut, lists and objects are only named. */
function shown(value: unknown): string {
  if (value instanceof WrongLiteral) return cut(value.text);
  if (typeof value === 'string') return cut(JSON.stringify(value));
  if (Array.isArray(value)) return 'a list';
  if (value instanceof ExactNumber) return cut(value.text);
  return typeof value === 'object' && value !== null ? 'an object' : cut(String(value));
}

function cut(text: string): string {
  return text.length <= shownLength ? text : `${text.slice(0, shownLength)}...`;
}

/**
 * The value of a literal as a scalar's `parseValue` takes it. `digits`: numbers stay text, so that no digit is lost.
 * A literal that is neither text, number nor boolean becomes a value that every scalar refuses.
 */
export function rawLiteral(node: ValueNode, numbers: 'digits' | 'number'): unknown {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return numbers === 'digits' ? node.value : Number(node.value);
    default:
      return new WrongLiteral(print(node));
  }
}

/** Runs `read`. Adds the position of the literal in the document to a GraphQLError. */
export function atNode<T>(node: ValueNode, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof GraphQLError && error.nodes === undefined) {
      throw new GraphQLError(error.message, { nodes: node });
    }
    throw error;
  }
}
