import { Field, Float, GraphQLISODateTime, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

export enum RunStateName {
  active = 'active',
  paused = 'paused',
  done = 'done',
  failed = 'failed',
  cancelled = 'cancelled',
}
registerEnumType(RunStateName, { name: 'RunState', description: 'The states of runs.' });

export enum RunPriority {
  high = 'high',
  normal = 'normal',
  low = 'low',
}
registerEnumType(RunPriority, { name: 'RunPriority', description: 'Which runs begin first.' });

@ObjectType({ description: 'The record of a step of a run.' })
export class RunStep {
  @Field(() => String, { description: 'The ids of the steps that it is within, as in all/0/load.' })
  path!: string;

  @Field(() => String)
  kind!: string;

  @Field(() => String, { description: '`running`, `waiting`, `done`, `failed`.' })
  state!: string;

  @Field(() => Int)
  attempts!: number;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Its settings, with the values of their expressions.',
  })
  input?: unknown;

  @Field(() => JsonScalar, { nullable: true })
  output?: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'The error of its last attempt.' })
  error?: unknown;

  @Field(() => GraphQLISODateTime, { description: 'When its last attempt began.' })
  begunAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  endedAt!: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it goes on, if it waits.' })
  resumeAt!: Date | null;
}

@ObjectType({ description: 'A run of a workflow. Secrets in inputs and outputs are `***`.' })
export class Run {
  @Field(() => String)
  id!: string;

  @Field(() => String)
  workflow!: string;

  @Field(() => Int, { description: 'The version of the workflow that it began with.' })
  version!: number;

  @Field(() => RunStateName)
  state!: RunStateName;

  @Field(() => String, {
    nullable: true,
    description: 'Of an active run: `queued` for a worker, `working`, or `waiting` for a time.',
  })
  activity!: string | null;

  @Field(() => RunPriority)
  priority!: RunPriority;

  @Field(() => String, { nullable: true, description: 'Runs with the same key come one after the other.' })
  key!: string | null;

  @Field(() => String, { description: 'How it was started: `manual`, `schedule`, `hook:payments`.' })
  origin!: string;

  @Field(() => GraphQLISODateTime, { description: 'When it begins.' })
  at!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  endedAt!: Date | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Its code, its message, and the step that failed.',
  })
  error?: unknown;
}

@ObjectType()
export class RunPage {
  @Field(() => [Run], { description: 'Newest first.' })
  entries!: Run[];

  @Field(() => String, {
    nullable: true,
    description: 'Where the next page starts; null: this was the last one.',
  })
  next!: string | null;
}

@InputType({ description: 'Runs that are equal in all that is given.' })
export class RunFilterInput {
  @Field(() => String, { nullable: true })
  workflow?: string | null;

  @Field(() => [RunStateName], { nullable: true, description: 'Any of these.' })
  states?: RunStateName[] | null;

  @Field(() => String, { nullable: true })
  origin?: string | null;

  @Field(() => String, { nullable: true })
  key?: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'From this moment on.' })
  since?: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Before this moment.' })
  until?: Date | null;
}

@InputType({ description: 'How a run is started.' })
export class StartOptionsInput {
  @Field(() => String, {
    nullable: true,
    description: 'The id of the run. Starting a run under an id that is there already changes nothing.',
  })
  id?: string | null;

  @Field(() => RunPriority, { nullable: true })
  priority?: RunPriority | null;

  @Field(() => Float, { nullable: true, description: 'Milliseconds until it begins.' })
  afterMs?: number | null;
}

@ObjectType({ description: 'A step in a rehearsal of a workflow, or one that was tried alone.' })
export class RehearsedStep {
  @Field(() => String)
  path!: string;

  @Field(() => String)
  kind!: string;

  @Field(() => String, { description: '`done`, `failed`, `running`.' })
  state!: string;

  @Field(() => Boolean, { description: 'true: it would have an effect outside, or wait, and was left out.' })
  isSkipped!: boolean;

  @Field(() => JsonScalar, { nullable: true, description: 'With the values of their expressions.' })
  settings?: unknown;

  @Field(() => JsonScalar, { nullable: true })
  output?: unknown;

  @Field(() => JsonScalar, { nullable: true })
  error?: unknown;
}

// Named here: the bundle renames the class, since another one has the same name.
@ObjectType('Rehearsal', { description: 'What a run of a workflow would do.' })
export class Rehearsal {
  @Field(() => [RehearsedStep], { description: 'In the order in which they would begin.' })
  steps!: RehearsedStep[];

  @Field(() => JsonScalar, { nullable: true })
  output?: unknown;

  @Field(() => JsonScalar, { nullable: true })
  error?: unknown;
}
