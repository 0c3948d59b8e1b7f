import {
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { FoundChange } from './change.ts';
import { subject, typeIn } from './subject.ts';

/**
 * Changes that GraphQL.js does not report, since they break no client: new types and fields, and fields whose type has become
 * narrower. A type that is missing in `before`, a part of `whole`, is compared with that of `whole`.
 */
export function additions(before: GraphQLSchema, after: GraphQLSchema, whole: GraphQLSchema): FoundChange[] {
  const old = before.getTypeMap();
  return Object.values(after.getTypeMap()).flatMap((type): FoundChange[] => {
    const former = old[type.name] ?? typeIn(whole, type.name);
    if (former === undefined)
      return [
        { severity: 'safe', change: 'added', subject: subject(type.name), text: `${type.name} was added.` },
      ];
    const fields = fieldsOf(former);
    return Object.values(fieldsOf(type)).flatMap((field) =>
      fieldChange(type.name, fields[field.name], field),
    );
  });
}

/**
 * Removed fields of types that are missing in `after`, a part of `whole`, though not in `whole`: a root type is missing where no
 * table of the part has a field of it. GraphQL.js reports such a type as removed, without its fields.
 */
export function removals(before: GraphQLSchema, after: GraphQLSchema, whole: GraphQLSchema): FoundChange[] {
  const left = after.getTypeMap();
  return Object.values(before.getTypeMap()).flatMap((type): FoundChange[] => {
    const now = left[type.name] === undefined ? typeIn(whole, type.name) : undefined;
    if (now === undefined) return [];
    const fields = fieldsOf(now);
    const gone = Object.keys(fieldsOf(type)).filter((name) => fields[name] === undefined);
    return gone.map((name) => {
      const about = subject(type.name, name);
      return { severity: 'breaking', change: 'removed', subject: about, text: `${about.what} was removed.` };
    });
  });
}

type Field = GraphQLField<unknown, unknown> | GraphQLInputField;

function fieldsOf(type: GraphQLNamedType): Readonly<Record<string, Field>> {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? type.getFields() : {};
}

function fieldChange(typeName: string, before: Field | undefined, field: Field): FoundChange[] {
  const about = subject(typeName, field.name);
  const type = String(field.type);
  if (before === undefined)
    return [
      { severity: 'safe', change: 'added', subject: about, text: `${about.what} was added (${type}).` },
    ];
  const former = String(before.type);
  if (former === type) return [];
  const text = `${about.what} changed type from ${former} to ${type}.`;
  return [{ severity: 'safe', change: 'changed', subject: about, text }];
}
