import { GraphQLSafeInt } from 'graphql-scalars';
import { ArgsType, Field, GraphQLISODateTime, ObjectType } from 'type-graphql';
import type { MetadataEdit } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { Issue } from '../source/source.ts';

@ArgsType()
export class ChangeArgs {
  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'The version that was seen; the change is refused when it is another one meanwhile.',
  })
  expectedVersion?: number | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Changes nothing; returns what the change would do.',
  })
  dryRun!: boolean;

  @Field(() => Boolean, { defaultValue: false, description: 'Also where it makes something wrong.' })
  force!: boolean;

  @Field(() => String, { nullable: true, description: 'Why, for the history.' })
  comment?: string | null;
}

@ObjectType({ description: 'The metadata: the declarations about the tables of all sources.' })
export class Metadata {
  @Field(() => GraphQLSafeInt, { description: '0: nothing was ever written, or the configuration holds it.' })
  resourceVersion!: number;

  @Field(() => JsonScalar, { description: 'As files of metadata have it.' })
  document!: unknown;

  @Field(() => String, {
    nullable: true,
    description: 'The file that holds it, so that it cannot be changed here; null: the store does.',
  })
  owner!: string | null;
}

@ObjectType({ description: 'One version of the metadata.' })
export class MetadataVersion {
  @Field(() => GraphQLSafeInt)
  version!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => String, { description: 'How they proved who they are: `api-key`, `token`, ...' })
  actorKind!: string;

  @Field(() => String, { nullable: true })
  actorId!: string | null;

  @Field(() => String, { nullable: true })
  comment!: string | null;
}

@ObjectType({ description: 'One thing that differs between two versions of the metadata.' })
export class MetadataChange {
  @Field(() => String, { description: '`added`, `removed`, `changed`.' })
  change!: string;

  @Field(() => String, { description: 'As in shop.sales.orders.' })
  where!: string;

  @Field(() => String, { description: 'As in select_permissions.buyer.' })
  part!: string;

  @Field(() => String, { description: 'In words.' })
  text!: string;

  @Field(() => JsonScalar, { nullable: true })
  before?: unknown;

  @Field(() => JsonScalar, { nullable: true })
  after?: unknown;
}

@ObjectType({ description: 'The effect of a change of the metadata, or of a dry run.' })
export class MetadataResult {
  @Field(() => GraphQLSafeInt, { description: 'The version now.' })
  resourceVersion!: number;

  @Field(() => Boolean, { description: 'false: it was only tried, or there was nothing to change.' })
  applied!: boolean;

  @Field(() => [MetadataChange])
  changes!: readonly MetadataChange[];

  @Field(() => [Issue], { description: 'Issues that the change adds.' })
  causes!: readonly Issue[];

  @Field(() => [Issue], { description: 'Issues that the change resolves.' })
  cures!: readonly Issue[];
}

/** Changes the metadata and returns the result in the form of the control API. */
export async function changed(
  { metadata, actor }: ControlContext,
  edit: MetadataEdit,
  options: ChangeArgs,
): Promise<MetadataResult> {
  const { version, ...rest } = await metadata.change(actor, edit, options);
  return { resourceVersion: version, ...rest };
}
