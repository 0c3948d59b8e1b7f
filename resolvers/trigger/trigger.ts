import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

@ObjectType({ description: 'An event trigger without faults, and its state.' })
export class EventTrigger {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  comment!: string | null;

  @Field(() => String)
  source!: string;

  @Field(() => String, { description: 'As in `shop.public.orders`.' })
  table!: string;

  @Field(() => [String], { description: '`insert`, `update`, `delete`.' })
  operations!: string[];

  @Field(() => String, { nullable: true, description: 'Why it does not work now; null: it does.' })
  problem!: string | null;

  @Field(() => Boolean, { description: 'No attempts are made. Changes are recorded nevertheless.' })
  paused!: boolean;

  @Field(() => GraphQLSafeInt, { description: 'Deliveries that nobody has accepted yet.' })
  pending!: number;

  @Field(() => GraphQLSafeInt, { description: 'Deliveries that were given up.' })
  dead!: number;

  @Field(() => Boolean, { description: 'Whether the changes of its table are recorded.' })
  following!: boolean;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'The last time that changes were found missing.',
  })
  gapAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why changes are missing.' })
  gapReason!: string | null;

  @Field(() => JsonScalar, { description: 'Its entry in the metadata.' })
  definition!: unknown;
}
