import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

/** The rights of a permission. */
export enum PermissionOperation {
  select = 'select',
  insert = 'insert',
  update = 'update',
  delete = 'delete',
}
registerEnumType(PermissionOperation, {
  name: 'PermissionOperation',
  description: 'The kinds of permissions.',
});

@ObjectType({ description: 'The permission of a role for a table.' })
export class TablePermission {
  @Field(() => String)
  role!: string;

  @Field(() => PermissionOperation)
  operation!: `${PermissionOperation}`;

  @Field(() => JsonScalar, { description: 'As files of metadata have it.' })
  definition!: unknown;

  @Field(() => String, { nullable: true })
  comment!: string | null;
}
