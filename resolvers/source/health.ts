import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Whether everything is as it should be.' })
export class Health {
  @Field(() => Boolean, {
    description:
      'Every source serves, nothing had to be left out, the store answers, no audit record is lost.',
  })
  ok!: boolean;

  @Field(() => [String], { description: 'Sources that do not serve.' })
  unavailable!: readonly string[];

  @Field(() => [String], {
    description: 'Places of what had to be left out, as in shop.public.orders.total.',
  })
  leftOut!: readonly string[];

  @Field(() => String, { nullable: true, description: 'Why the store does not answer.' })
  store!: string | null;

  @Field(() => GraphQLSafeInt, {
    description: 'Records that the audit log lacks since this process started (`audit.when_down` is `open`).',
  })
  auditLost!: number;
}
