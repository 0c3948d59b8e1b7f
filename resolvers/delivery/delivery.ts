import { Field, Float, GraphQLISODateTime, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

export enum DeliveryStateName {
  pending = 'pending',
  delivered = 'delivered',
  dead = 'dead',
}
registerEnumType(DeliveryStateName, {
  name: 'DeliveryState',
  description:
    '`pending`: attempts go on. `delivered`: the endpoint has accepted it. `dead`: it was given up.',
});

@ObjectType({ description: 'One request to an endpoint, and its answer. Secrets are `***`.' })
export class DeliveryAttempt {
  @Field(() => Int)
  number!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => Float)
  milliseconds!: number;

  @Field(() => Int, { nullable: true, description: 'null: there was no answer.' })
  status!: number | null;

  @Field(() => String, { nullable: true, description: 'Why there was no answer.' })
  fault!: string | null;

  @Field(() => JsonScalar)
  requestHeaders!: unknown;

  @Field(() => JsonScalar, { nullable: true })
  responseHeaders!: unknown;

  @Field(() => String, { nullable: true, description: 'The beginning of the body.' })
  responseBody!: string | null;
}

@ObjectType({ description: 'An event on its way to the endpoint of an event trigger.' })
export class Delivery {
  @Field(() => String)
  id!: string;

  @Field(() => String, { description: 'The id of the event, which is `webhook-id` at each attempt.' })
  event!: string;

  @Field(() => String, { description: 'The event trigger.' })
  endpoint!: string;

  @Field(() => String, { description: 'As in `orders.update`.' })
  type!: string;

  @Field(() => String)
  time!: string;

  @Field(() => DeliveryStateName)
  state!: DeliveryStateName;

  @Field(() => Int, { description: 'Since it was added, or delivered again by hand.' })
  attempts!: number;

  @Field(() => GraphQLISODateTime)
  addedAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  endedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Deliveries of one key are made one after the other.' })
  key!: string | null;

  @Field(() => String, { description: 'JSON.' })
  payload!: string;
}

@ObjectType({ description: 'A page of deliveries, the latest first.' })
export class DeliveryPage {
  @Field(() => [Delivery])
  entries!: Delivery[];

  @Field(() => String, { nullable: true, description: 'For `before`; null: this is the last page.' })
  next!: string | null;
}

@InputType({ description: 'Conditions that a delivery must meet.' })
export class DeliveryFilterInput {
  @Field(() => [String], { nullable: true })
  ids?: string[] | null;

  @Field(() => String, { nullable: true, description: 'The event trigger.' })
  endpoint?: string | null;

  @Field(() => DeliveryStateName, { nullable: true })
  state?: DeliveryStateName | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Added at this time or later.' })
  from?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Added before this time.' })
  to?: Date | null;
}
