import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A scalar of the graph. Those of GraphQL itself are not listed.' })
export class ScalarType {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'The TypeScript type of its values in JSON.' })
  typescript!: string;
}
