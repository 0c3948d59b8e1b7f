import { Field, GraphQLISODateTime, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

@ObjectType({ description: 'A person at a provider.' })
export class Identity {
  @Field(() => String)
  provider!: string;

  @Field(() => String, { description: 'The issuer of the subject.' })
  authority!: string;

  @Field(() => String)
  subject!: string;

  @Field(() => String, { nullable: true })
  email!: string | null;

  @Field(() => Boolean, { description: 'Whether the provider says that the person has the address.' })
  emailVerified!: boolean;

  @Field(() => [String], { description: 'Roles by the rules of the provider, as of the last sign-in.' })
  roles!: readonly string[];

  @Field(() => JsonScalar, { description: 'Session variables, names without prefix.' })
  variables!: unknown;

  @Field(() => GraphQLISODateTime)
  lastSignedInAt!: Date;
}

@ObjectType({ description: 'A person who signs in.' })
export class User {
  @Field(() => String)
  id!: string;

  @Field(() => String, { nullable: true })
  name!: string | null;

  @Field(() => String, { nullable: true })
  email!: string | null;

  @Field(() => [String], { description: 'Roles given by hand.' })
  roles!: readonly string[];

  @Field(() => [String], { description: 'Roles given by hand, and those by the rules of providers.' })
  effectiveRoles!: readonly string[];

  @Field(() => [Identity])
  identities!: readonly Identity[];

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  lastSignedInAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'null: the user is not disabled.' })
  disabledAt!: Date | null;
}
