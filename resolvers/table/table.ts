import { ArgsType, Field, Float, InputType, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';
import { ChangeArgs } from '../metadata/metadata.ts';
import { TablePermission } from '../permission/permission.ts';
import { Relationship } from '../relationship/relationship.ts';
import { Issue } from '../source/source.ts';

@ArgsType()
export class TableArgs extends ChangeArgs {
  @Field(() => String)
  source!: string;

  @Field(() => String, { nullable: true, description: 'Absent: the default one.' })
  namespace?: string | null;

  @Field(() => String, { description: 'As the database calls it.' })
  table!: string;
}

@InputType({ description: 'The name of one root field.' })
export class RootFieldInput {
  @Field(() => String, { description: '`select`, `insert_one`, `select_by_<key name>`, ...' })
  field!: string;

  @Field(() => String, { nullable: true, description: 'null: the name that it has by itself.' })
  name!: string | null;
}

@ObjectType({ description: 'A root field that has a name of its own.' })
export class RootField {
  @Field(() => String)
  field!: string;

  @Field(() => String)
  name!: string;
}

@ObjectType({ description: 'A column of the database, and what metadata says of it.' })
export class Column {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'As the database spells it.' })
  nativeType!: string;

  @Field(() => String, { description: 'The scalar type of the column in Foz.' })
  scalar!: string;

  @Field(() => Boolean)
  array!: boolean;

  @Field(() => Boolean)
  nullable!: boolean;

  @Field(() => Boolean)
  hasDefault!: boolean;

  @Field(() => Boolean, { description: 'Computed by the database.' })
  generated!: boolean;

  @Field(() => [String], { nullable: true, description: 'Values of an enum of the database.' })
  values!: readonly string[] | null;

  @Field(() => String, { nullable: true })
  databaseComment!: string | null;

  @Field(() => String, { nullable: true, description: 'By metadata, else by the database.' })
  comment!: string | null;

  @Field(() => String, { nullable: true })
  customName!: string | null;

  @Field(() => Boolean, { description: 'Nobody sees it.' })
  hidden!: boolean;

  @Field(() => [JsonScalar], { description: 'The validation rules for written values.' })
  validation!: readonly unknown[];
}

@ObjectType({ description: 'Columns that are unique together.' })
export class TableKey {
  @Field(() => String)
  name!: string;

  @Field(() => Boolean)
  primary!: boolean;

  @Field(() => [String])
  columns!: readonly string[];

  @Field(() => Boolean, { description: 'By metadata, not by the database.' })
  declared!: boolean;
}

@ObjectType({ description: 'A table or view of a source, and what metadata says of it.' })
export class Table {
  @Field(() => String, { description: 'As in shop.public.orders.' })
  id!: string;

  @Field(() => String)
  source!: string;

  @Field(() => String, { nullable: true })
  namespace!: string | null;

  @Field(() => String)
  name!: string;

  @Field(() => String, { description: '`table`, `view`, `materialized view`, ...' })
  kind!: string;

  @Field(() => Boolean, { description: 'Whether it is served.' })
  tracked!: boolean;

  @Field(() => Boolean, { description: 'Whether its rows are the values of an enum.' })
  isEnum!: boolean;

  @Field(() => Boolean, { description: 'Whether reads of it are written into the audit log.' })
  auditReads!: boolean;

  @Field(() => String, { nullable: true })
  databaseComment!: string | null;

  @Field(() => String, { nullable: true, description: 'By metadata, else by the database.' })
  comment!: string | null;

  @Field(() => String, { nullable: true })
  customName!: string | null;

  @Field(() => [RootField])
  rootFields!: readonly RootField[];

  @Field(() => Float, { nullable: true, description: 'As the database estimates.' })
  estimatedRows!: number | null;

  @Field(() => [Column])
  columns!: readonly Column[];

  @Field(() => [TableKey])
  keys!: readonly TableKey[];

  @Field(() => [Relationship], { description: 'As they are served.' })
  relationships!: readonly Relationship[];

  @Field(() => [TablePermission])
  permissions!: readonly TablePermission[];

  @Field(() => [JsonScalar], { description: 'Conditions that every written row passes.' })
  validations!: readonly unknown[];

  @Field(() => [Issue])
  issues!: readonly Issue[];
}
