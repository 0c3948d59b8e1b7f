import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, ObjectType, registerEnumType } from 'type-graphql';
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

export enum TriggerKindName {
  event = 'event',
  cron = 'cron',
}
registerEnumType(TriggerKindName, {
  name: 'TriggerKind',
  description: '`event`: changes of rows. `cron`: at certain times.',
});

@ObjectType({ description: 'A trigger of any kind without faults, and its state.' })
export class Trigger {
  @Field(() => String)
  name!: string;

  @Field(() => TriggerKindName)
  kind!: TriggerKindName;

  @Field(() => String, { nullable: true })
  comment!: string | null;

  @Field(() => String, { description: 'What it delivers, in a few words: its table, its schedule.' })
  about!: string;

  @Field(() => String, { nullable: true, description: 'Why it does not work now; null: it does.' })
  problem!: string | null;

  @Field(() => Boolean, { description: 'No attempts are made. Deliveries are added nevertheless.' })
  paused!: boolean;

  @Field(() => GraphQLSafeInt, { description: 'Deliveries that nobody has accepted yet.' })
  pending!: number;

  @Field(() => GraphQLSafeInt, { description: 'Deliveries that were given up.' })
  dead!: number;

  @Field(() => Boolean, { description: 'Whether what it delivers is followed.' })
  following!: boolean;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'The last time that changes were found missing.',
  })
  gapAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why changes are missing.' })
  gapReason!: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Of a schedule: the next time.' })
  nextAt!: Date | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Of a schedule: the last time that was dealt with.',
  })
  lastAt!: Date | null;

  @Field(() => JsonScalar, { description: 'Its entry in the metadata.' })
  definition!: unknown;
}
