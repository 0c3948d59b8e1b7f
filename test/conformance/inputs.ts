import { type GraphQLInputType, getNamedType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { type InputMeaning, inputMeaning } from '../../src/graph/index.ts';

/** One member of an input object: its meaning, its coerced value and the type of the value. */
export interface Member {
  readonly meaning: InputMeaning;
  readonly value: unknown;
  readonly type: GraphQLInputType;
}

/** The members that an input object has been given, in the order given. */
export function membersOf(type: GraphQLInputType, value: unknown): Member[] {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) throw new Error(`${String(type)} has no members`);
  const fields = named.getFields();
  return Object.entries(value as object).map(([name, given]) => {
    const field = fields[name]!;
    return { meaning: inputMeaning(field), value: given, type: field.type };
  });
}

/** The items of a list argument; a single value is a list of one. */
export function itemsOf(value: unknown): readonly unknown[] {
  return value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The value of the member with a meaning, `undefined` when it was not given. */
export function memberOf(members: readonly Member[], kind: InputMeaning['kind']): Member | undefined {
  return members.find((member) => member.meaning.kind === kind);
}

/** Whether a type is a list, ignoring `!`. */
export function isList(type: GraphQLInputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}
