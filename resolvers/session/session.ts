import { Field, GraphQLISODateTime, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A session of a person who signed in.' })
export class UserSession {
  @Field(() => String)
  id!: string;

  @Field(() => String)
  userId!: string;

  @Field(() => String)
  provider!: string;

  @Field(() => String, { nullable: true, description: 'The address of the last request.' })
  address!: string | null;

  @Field(() => String, { nullable: true, description: 'The browser, as it called itself at the sign-in.' })
  userAgent!: string | null;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { description: 'Requests of the last seconds may be missing.' })
  lastUsedAt!: Date;

  @Field(() => GraphQLISODateTime)
  expiresAt!: Date;
}
