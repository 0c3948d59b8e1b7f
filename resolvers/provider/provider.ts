import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

@ObjectType({ description: 'An identity provider that people sign in with.' })
export class Provider {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: '`file` or `store`; those of the file cannot be changed here.' })
  owner!: string;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'How often it was changed, from 1.' })
  revision!: number | null;

  @Field(() => JsonScalar, { description: 'As an entry of `auth.providers` in foz.yaml; secrets are `***`.' })
  settings!: unknown;
}
