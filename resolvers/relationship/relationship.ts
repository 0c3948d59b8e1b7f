import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';

/** How many rows a relationship leads to. */
export enum RelationshipKind {
  object = 'object',
  array = 'array',
}
registerEnumType(RelationshipKind, {
  name: 'RelationshipKind',
  description: '`object`: to one row or none. `array`: to any number of rows.',
});

/** Where a relationship comes from. */
export enum RelationshipOrigin {
  foreign_key = 'foreign-key',
  declared = 'declared',
}
registerEnumType(RelationshipOrigin, {
  name: 'RelationshipOrigin',
  description: 'Where a relationship comes from: a foreign key of the database, or metadata.',
});

/** Which table of a relationship holds the foreign key. */
export enum ForeignKeySide {
  this = 'this',
  other = 'other',
}
registerEnumType(ForeignKeySide, {
  name: 'ForeignKeySide',
  description: 'Which table of a relationship holds the foreign key.',
});

/** When keys of two sources are equal. */
export enum KeyComparison {
  exact = 'exact',
  ignore_case = 'ignore_case',
}
registerEnumType(KeyComparison, {
  name: 'KeyComparison',
  description:
    'When keys of two sources are equal. `exact`: where the fields show the same value. `ignore_case`: also where texts differ in the case of A to Z only.',
});

@ObjectType('ColumnPair')
@InputType('ColumnPairInput')
export class ColumnPair {
  @Field(() => String)
  from!: string;

  @Field(() => String)
  to!: string;
}

@ObjectType({ description: 'Leads from a table to rows of another one.' })
export class Relationship {
  @Field(() => String)
  name!: string;

  @Field(() => RelationshipKind)
  kind!: `${RelationshipKind}`;

  @Field(() => RelationshipOrigin)
  origin!: `${RelationshipOrigin}`;

  @Field(() => String, { description: 'Maybe another source.' })
  toSource!: string;

  @Field(() => String, { nullable: true })
  toNamespace!: string | null;

  @Field(() => String)
  toTable!: string;

  @Field(() => [ColumnPair], { description: 'Columns that are equal.' })
  mapping!: readonly ColumnPair[];

  @Field(() => KeyComparison, {
    nullable: true,
    description: 'When keys are equal; `null`: within a source the database decides.',
  })
  compare!: `${KeyComparison}` | null;

  @Field(() => Boolean)
  nullable!: boolean;

  @Field(() => String, { nullable: true })
  comment!: string | null;
}

@InputType()
export class ForeignKeyInput {
  @Field(() => ForeignKeySide)
  on!: `${ForeignKeySide}`;

  @Field(() => [String])
  columns!: string[];
}

@InputType({ description: 'Either `foreignKey` or `mapping` says how it leads there.' })
export class RelationshipInput {
  @Field(() => String)
  name!: string;

  @Field(() => RelationshipKind)
  kind!: `${RelationshipKind}`;

  @Field(() => String, { nullable: true, description: 'Default: the same.' })
  toSource?: string | null;

  @Field(() => String, { nullable: true, description: 'Absent: the default one.' })
  toNamespace?: string | null;

  @Field(() => String)
  toTable!: string;

  @Field(() => ForeignKeyInput, { nullable: true })
  foreignKey?: ForeignKeyInput | null;

  @Field(() => [ColumnPair], { nullable: true })
  mapping?: ColumnPair[] | null;

  @Field(() => KeyComparison, {
    nullable: true,
    description: 'For a relationship into another source; default: `exact`.',
  })
  compare?: `${KeyComparison}` | null;

  @Field(() => String, { nullable: true })
  description?: string | null;
}
