import { Field, GraphQLISODateTime, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Who is asking.' })
export class Me {
  @Field(() => String, { description: 'How they came in: `jwt`, `api-key`, `webhook`, `admin-secret`.' })
  kind!: string;

  @Field(() => String, { description: 'The subject of the token, the name of the key, ...' })
  id!: string;

  @Field(() => String)
  role!: string;

  @Field(() => [String], { nullable: true, description: 'Roles to choose from by x-foz-role; null: any.' })
  roles!: readonly string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value of `owner` that makes an API key theirs; null: they can own none.',
  })
  owner!: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the session ends.' })
  expiresAt!: Date | null;
}
