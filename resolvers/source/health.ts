import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Whether everything is as it should be.' })
export class Health {
  @Field(() => Boolean, { description: 'Every source serves and nothing had to be left out.' })
  ok!: boolean;

  @Field(() => [String], { description: 'Sources that do not serve.' })
  unavailable!: readonly string[];

  @Field(() => [String], {
    description: 'Places of what had to be left out, as in shop.public.orders.total.',
  })
  leftOut!: readonly string[];
}
