import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Float, GraphQLISODateTime, ObjectType, registerEnumType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

export enum SyncSideName {
  LEFT = 'left',
  RIGHT = 'right',
}
registerEnumType(SyncSideName, { name: 'SyncSide', description: 'A side of a sync.' });

@ObjectType({
  description:
    'The comparison of the whole tables that a sync makes at first, and where changes are missing.',
})
export class SyncComparison {
  @Field(() => GraphQLSafeInt, { description: 'Rows that were looked at.' })
  done!: number;

  @Field(() => GraphQLSafeInt, { description: 'Rows that there were at its start.' })
  total!: number;

  @Field(() => GraphQLISODateTime)
  startedAt!: Date;

  @Field(() => Float, { description: 'Rows per second since its start.' })
  rate!: number;
}

@ObjectType({ description: 'Two tables that are kept in step.' })
export class Sync {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description!: string | null;

  @Field(() => String, { description: '`to_right` or `both`.' })
  direction!: string;

  @Field(() => String, { description: 'The left table, as `shop.customers`.' })
  left!: string;

  @Field(() => String, { description: 'The right table.' })
  right!: string;

  @Field(() => [String], { description: 'Faults of its definition. A sync with faults stands still.' })
  faults!: readonly string[];

  @Field(() => String, {
    description:
      '`starting`: changes are not recorded yet. `comparing`: the whole tables are compared, as at first. `following`: changes are applied. `stopped`: see `problem`.',
  })
  state!: string;

  @Field(() => String, { nullable: true, description: 'Why it does not go on; null: it does.' })
  problem!: string | null;

  @Field(() => Boolean, { description: 'It makes no changes until it is resumed.' })
  paused!: boolean;

  @Field(() => SyncComparison, { nullable: true })
  comparison!: SyncComparison | null;

  @Field(() => GraphQLSafeInt, { description: 'Rows that it has inserted.' })
  inserted!: number;

  @Field(() => GraphQLSafeInt, { description: 'Rows that it has updated.' })
  updated!: number;

  @Field(() => GraphQLSafeInt, { description: 'Rows that it has deleted.' })
  deleted!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Milliseconds from the last commit that it has read to the time at which it had been applied. 0: there is nothing to apply.',
  })
  lagMs!: number | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it last wrote a row.' })
  changedAt!: Date | null;

  @Field(() => GraphQLSafeInt, { description: 'Rows that a database has refused. They are tried again.' })
  refused!: number;

  @Field(() => GraphQLSafeInt, { description: 'Rows about which somebody has to decide.' })
  conflicts!: number;

  @Field(() => JsonScalar, { description: 'Its entry in the metadata.' })
  definition!: unknown;
}

@ObjectType({ description: 'A row that is not in step.' })
export class SyncDifference {
  @Field(() => String, { description: 'The values of the key, as a JSON list.' })
  key!: string;

  @Field(() => String, {
    description:
      'What a repair does: `insert right`, `update left` ..., `merge`; `ask`: somebody has to decide.',
  })
  action!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'The row of the left side.' })
  left!: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'The row of the right side.' })
  right!: unknown;
}

@ObjectType({ description: 'A part of the report about the differences of two tables.' })
export class SyncDifferences {
  @Field(() => [SyncDifference])
  entries!: SyncDifference[];

  @Field(() => String, {
    nullable: true,
    description: 'Where the report goes on (`after`); null: it is at its end.',
  })
  next!: string | null;

  @Field(() => GraphQLSafeInt, { description: 'Rows that were looked at.' })
  done!: number;

  @Field(() => GraphQLSafeInt, { description: 'Rows that there are, about.' })
  total!: number;
}

@ObjectType({ description: 'A row that a database has refused, or that was changed on both sides.' })
export class SyncProblem {
  @Field(() => String, { description: 'The values of the key, as a JSON list.' })
  key!: string;

  @Field(() => String, { description: '`refused` or `conflict`.' })
  kind!: string;

  @Field(() => String)
  reason!: string;

  @Field(() => JsonScalar, { nullable: true, description: 'The row of the left side.' })
  left!: unknown;

  @Field(() => JsonScalar, { nullable: true, description: 'The row of the right side.' })
  right!: unknown;

  @Field(() => GraphQLSafeInt)
  tries!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;
}

@ObjectType()
export class SyncProblemPage {
  @Field(() => [SyncProblem])
  entries!: SyncProblem[];

  @Field(() => String, { nullable: true, description: 'Where the next page starts (`after`).' })
  next!: string | null;
}
