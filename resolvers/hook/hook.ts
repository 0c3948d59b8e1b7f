import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

export enum HookCallOutcome {
  accepted = 'accepted',
  duplicate = 'duplicate',
  challenge = 'challenge',
  refused = 'refused',
}
registerEnumType(HookCallOutcome, { name: 'HookCallOutcome', description: 'The outcome of a call.' });

@ObjectType({ description: 'An inbound webhook of the metadata.' })
export class Hook {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => Boolean, { description: 'false: its path answers 404.' })
  enabled!: boolean;

  @Field(() => String, { description: 'As in /hooks/payments.' })
  path!: string;

  @Field(() => String, { nullable: true, description: 'The workflow that it starts.' })
  workflow!: string | null;

  @Field(() => String, { nullable: true, description: 'The name of the signal that it gives instead.' })
  signal!: string | null;

  @Field(() => [String], { description: 'Its faults.' })
  faults!: readonly string[];

  @Field(() => JsonScalar, { description: 'As files of metadata have it.' })
  definition!: unknown;
}

@ObjectType({ description: 'A call of an inbound webhook. Secrets are `***`.' })
export class HookCall {
  @Field(() => String)
  id!: string;

  @Field(() => String)
  hook!: string;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => String)
  method!: string;

  @Field(() => String)
  query!: string;

  @Field(() => String, { nullable: true })
  address!: string | null;

  @Field(() => JsonScalar)
  headers!: unknown;

  @Field(() => Int, {
    nullable: true,
    description: 'Length of its body; null: it was refused before, and cannot be replayed.',
  })
  bytes!: number | null;

  @Field(() => Int, { description: 'The HTTP status of the answer.' })
  status!: number;

  @Field(() => HookCallOutcome)
  outcome!: HookCallOutcome;

  @Field(() => String, { nullable: true, description: 'Why it was refused; the caller did not learn it.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The id of its run.' })
  run!: string | null;

  @Field(() => String, { nullable: true, description: 'The id of the call that it repeats.' })
  replayOf!: string | null;
}

@ObjectType()
export class HookCallPage {
  @Field(() => [HookCall], { description: 'Newest first.' })
  entries!: HookCall[];

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'Where the next page starts; null: this was the last one.',
  })
  next!: number | null;
}
