import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: "Foz's own store, and the steps of its structure." })
export class StoreStatus {
  @Field(() => String, { description: '`pglite`: embedded; `postgres`.' })
  kind!: string;

  @Field(() => String, { description: 'Where it is; no user, no password.' })
  place!: string;

  @Field(() => [String], { description: 'Steps that were done, by name.' })
  done!: readonly string[];

  @Field(() => [String], { description: 'Steps that this Foz knows and that were not done.' })
  pending!: readonly string[];

  @Field(() => [String], { description: 'Steps that were done by a newer Foz.' })
  unknown!: readonly string[];
}
