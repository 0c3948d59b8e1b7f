import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

@ObjectType({
  description: 'The effective permissions for one table. Conditions are JSON, spelled as in the metadata.',
})
export class TablePermissions {
  @Field(() => String)
  source!: string;

  @Field(() => String, { nullable: true })
  namespace!: string | null;

  @Field(() => String)
  table!: string;

  @Field(() => [String], { nullable: true, description: 'Columns that can be read; null: no row can.' })
  selectColumns!: readonly string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Columns that can be given to new rows; null: none can be made.',
  })
  insertColumns!: readonly string[] | null;

  @Field(() => [String], { nullable: true, description: 'Columns that can be changed; null: no row can.' })
  updateColumns!: readonly string[] | null;

  @Field(() => Boolean, { description: 'Whether rows can be removed.' })
  deletes!: boolean;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Most rows of one list.' })
  limit!: number | null;

  @Field(() => Boolean)
  aggregations!: boolean;

  @Field(() => String, { description: 'Everything: filters, checks, presets, masks, root fields.' })
  json!: string;
}

@ObjectType({ description: 'The effective permissions of a role, inherited ones included.' })
export class RolePermissions {
  @Field(() => String, { nullable: true, description: 'Of a key: its name.' })
  key!: string | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Of a key: `operations`, `variables`, `networks` (null: any address), `expiresAt` (null: never).',
  })
  keySettings!: object | null;

  @Field(() => [String], {
    description:
      'Of a key: session variables that permissions of the role need and the key does not set. Requests that need one are refused.',
  })
  missingVariables!: readonly string[];

  @Field(() => String)
  role!: string;

  @Field(() => [TablePermissions])
  tables!: TablePermissions[];

  @Field(() => JsonScalar, {
    description: 'As `server.limits` in foz.yaml; what is absent is as by default.',
  })
  limits!: object;
}
