import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, GraphQLISODateTime, InputType, ObjectType, registerEnumType } from 'type-graphql';

/** Kinds of audit records. The key is the GraphQL name, the value is what the log stores: `sign-in` is no legal GraphQL name. */
export enum AuditKindName {
  control = 'control',
  sign_in = 'sign-in',
  refusal = 'refusal',
  mutation = 'mutation',
  read = 'read',
}
registerEnumType(AuditKindName, { name: 'AuditKind', description: 'The kinds of records in the audit log.' });

@ObjectType({ description: 'Something that was done or refused.' })
export class AuditEntry {
  @Field(() => GraphQLSafeInt, { description: '1, 2, 3, ... without gaps.' })
  seq!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => String, { description: '`control`, `sign-in`, `refusal`, `mutation`, `read`.' })
  kind!: string;

  @Field(() => String, { description: '`success`, `failure`, `refused`, `unknown`.' })
  outcome!: string;

  @Field(() => String, { description: 'How they proved who they are: `api-key`, `token`, ...' })
  actorKind!: string;

  @Field(() => String, { nullable: true })
  actorId!: string | null;

  @Field(() => String, { nullable: true })
  role!: string | null;

  @Field(() => String, { nullable: true })
  keyId!: string | null;

  @Field(() => String, { nullable: true })
  address!: string | null;

  @Field(() => String, { nullable: true })
  requestId!: string | null;

  @Field(() => String, { nullable: true })
  operation!: string | null;

  @Field(() => String, { nullable: true })
  source!: string | null;

  @Field(() => String, { nullable: true })
  table!: string | null;

  @Field(() => GraphQLSafeInt, { nullable: true })
  affectedRows!: number | null;

  @Field(() => String, { nullable: true, description: 'The code of the error, the reason of a refusal.' })
  reason!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value before the change, as JSON; secrets are `***`.',
  })
  before!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The value after the change, as JSON; secrets are `***`.',
  })
  after!: string | null;
}

@ObjectType()
export class AuditPage {
  @Field(() => [AuditEntry], { description: 'Newest first.' })
  entries!: AuditEntry[];

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'Where the next page starts; null: this was the last one.',
  })
  next!: number | null;
}

@InputType({ description: 'Entries that are equal in all that is given.' })
export class AuditFilterInput {
  @Field(() => [AuditKindName], { nullable: true, description: 'Any of these.' })
  kinds?: AuditKindName[];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'From this moment on.' })
  since?: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Before this moment.' })
  until?: Date;

  @Field(() => String, { nullable: true })
  outcome?: string;

  @Field(() => String, { nullable: true })
  actorKind?: string;

  @Field(() => String, { nullable: true })
  actorId?: string;

  @Field(() => String, { nullable: true })
  role?: string;

  @Field(() => String, { nullable: true })
  keyId?: string;

  @Field(() => String, { nullable: true })
  address?: string;

  @Field(() => String, { nullable: true })
  operation?: string;

  @Field(() => String, { nullable: true })
  source?: string;

  @Field(() => String, { nullable: true })
  table?: string;

  @Field(() => String, { nullable: true })
  requestId?: string;
}

@ObjectType({ description: 'Something that is wrong with the audit log.' })
export class AuditFinding {
  @Field(() => String, {
    description: '`changed`, `removed`, `reordered`, `added`, `cut`, `unsigned`, `checkpoint`.',
  })
  kind!: string;

  @Field(() => GraphQLSafeInt, { nullable: true })
  seq!: number | null;

  @Field(() => String)
  message!: string;
}

@ObjectType({ description: 'The result of verifying the whole audit log.' })
export class AuditVerification {
  @Field(() => Boolean)
  ok!: boolean;

  @Field(() => GraphQLSafeInt)
  records!: number;

  @Field(() => GraphQLSafeInt, { nullable: true })
  first!: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true })
  last!: number | null;

  @Field(() => String, { description: 'Of the last record: a copy of it shows later changes of the log.' })
  hash!: string;

  @Field(() => [AuditFinding], { description: 'At most 100.' })
  problems!: readonly AuditFinding[];
}

@ObjectType({ description: 'The records that were removed from the audit log.' })
export class AuditRemoval {
  @Field(() => GraphQLISODateTime, { description: 'Older records were removed.' })
  before!: Date;

  @Field(() => GraphQLSafeInt)
  removed!: number;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The log begins after the record of this number; null: nothing was ever removed.',
  })
  through!: number | null;
}
