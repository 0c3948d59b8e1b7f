import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { SourceSettings } from './settings.ts';

/** Whether a source is available. */
export enum SourceState {
  starting = 'starting',
  available = 'available',
  unavailable = 'unavailable',
}
registerEnumType(SourceState, { name: 'SourceState', description: 'Whether a source serves.' });

/** Where a source is declared. */
export enum SourceOwner {
  file = 'file',
  store = 'store',
}
registerEnumType(SourceOwner, {
  name: 'SourceOwner',
  description: 'Who declares a source: the configuration file, then it is changed there; or the store.',
});

@ObjectType({ description: 'Connections to a database.' })
export class PoolState {
  @Field(() => Int)
  size!: number;

  @Field(() => Int, { description: 'Connections that are not in use.' })
  idle!: number;

  @Field(() => Int, { description: 'Statements that wait for one.' })
  waiting!: number;
}

@ObjectType({ description: 'The result of a connection test.' })
export class SourceTest {
  @Field(() => Boolean)
  ok!: boolean;

  @Field(() => String, { nullable: true, description: 'Why it cannot be used.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'Version as the server reports it.' })
  version!: string | null;

  @Field(() => Int, { description: 'Tables and views that would be attached.' })
  tables!: number;

  @Field(() => Int)
  milliseconds!: number;
}

@ObjectType({ description: 'A difference between what is served and what the database contains now.' })
export class SourceChange {
  @Field(() => String, { description: '`added`, `removed`, `changed`.' })
  change!: string;

  @Field(() => String, { description: 'As in public.orders or public.orders.total.' })
  what!: string;

  @Field(() => String)
  detail!: string;
}

@ObjectType({ description: 'A problem with an object of a database.' })
export class SourceIssue {
  @Field(() => String, { nullable: true })
  namespace!: string | null;

  @Field(() => String, { nullable: true })
  table!: string | null;

  @Field(() => String, { nullable: true })
  column!: string | null;

  @Field(() => String)
  reason!: string;
}

/** The effect of a graph change on clients. */
export enum ChangeSeverity {
  breaking = 'breaking',
  dangerous = 'dangerous',
  safe = 'safe',
}
registerEnumType(ChangeSeverity, {
  name: 'ChangeSeverity',
  description:
    'The effect of a graph change on clients. `breaking`: operations may be refused that were valid before. `dangerous`: operations may return another answer. `safe`: none.',
});

@ObjectType({ description: 'A difference between two versions of the graph.' })
export class GraphChange {
  @Field(() => ChangeSeverity)
  severity!: ChangeSeverity;

  @Field(() => String, { description: '`added`, `removed`, `changed`.' })
  change!: string;

  @Field(() => String, { description: 'As in orders, orders.note or query_root.orders.limit.' })
  what!: string;

  @Field(() => String, { description: 'In words.' })
  text!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The `what` of the change that this one only follows from.',
  })
  follows!: string | null;
}

@ObjectType({ description: 'The changes of the graph that were served from one moment on.' })
export class GraphChanges {
  @Field(() => String, { description: 'When it was found, ISO 8601.' })
  at!: string;

  @Field(() => Boolean, { description: 'Found at the start, against what was served before it.' })
  sinceLastStart!: boolean;

  @Field(() => [GraphChange], { description: 'Breaking ones first.' })
  changes!: readonly GraphChange[];
}

@ObjectType({ description: 'The tables of a database at present.' })
export class SourceReading {
  @Field(() => Int, { description: 'Tables and views.' })
  tables!: number;

  @Field(() => [SourceChange], { description: 'Against what is served.' })
  changes!: readonly SourceChange[];

  @Field(() => [GraphChange], {
    description: 'Changes of the graph that a refresh of the source would bring.',
  })
  graphChanges!: readonly GraphChange[];

  @Field(() => [SourceIssue])
  issues!: readonly SourceIssue[];
}

@ObjectType({ description: 'The name of a relationship that was found by a foreign key.' })
export class KeptRelationship {
  @Field(() => String)
  name!: string;

  @Field(() => String, { description: 'Its columns and those it leads to.' })
  foreignKey!: string;
}

@ObjectType({ description: 'The name that a table keeps, and those of its relationships.' })
export class KeptName {
  @Field(() => String)
  source!: string;

  @Field(() => String, { description: 'As orders, or sales.orders outside of the default namespace.' })
  table!: string;

  @Field(() => String, { nullable: true, description: 'null: metadata gives the table its name.' })
  name!: string | null;

  @Field(() => [KeptRelationship])
  relationships!: readonly KeptRelationship[];
}

@ObjectType({ description: 'An attached database.' })
export class Source {
  @Field(() => String, { description: 'As the configuration calls it.' })
  name!: string;

  @Field(() => String, { description: 'Kind of database: postgres, mysql, ...' })
  kind!: string;

  @Field(() => SourceState)
  state!: SourceState;

  @Field(() => String, { nullable: true, description: 'Since when it is in this state, ISO 8601.' })
  since!: string | null;

  @Field(() => String, { nullable: true, description: 'Why it does not serve.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'Version as the server reports it.' })
  version!: string | null;

  @Field(() => Int, { description: 'Tables and views in its catalog.' })
  tables!: number;

  @Field(() => String, {
    nullable: true,
    description: 'When this process read last what it contains, ISO 8601; null: never.',
  })
  readAt!: string | null;

  @Field(() => Int, { nullable: true, description: 'How long that took.' })
  readMilliseconds!: number | null;

  @Field(() => SourceOwner)
  owner!: SourceOwner;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'Of a source of the store: how often it was changed, from 1.',
  })
  revision!: number | null;

  @Field(() => PoolState)
  pool!: PoolState;

  @Field(() => SourceSettings)
  settings!: SourceSettings;
}

@ObjectType({ description: 'Something in a database or in the metadata that could not be taken as it is.' })
export class Issue {
  @Field(() => String, { description: '`error`: left out. `note`: works, but maybe not as expected.' })
  severity!: string;

  @Field(() => String, { description: 'As in shop.public.orders.total.' })
  where!: string;

  @Field(() => String, {
    nullable: true,
    description:
      '`names`: something is not called as it asked to be. `follows`: it goes away with its cause, which is another issue or a source that is not there.',
  })
  topic?: string | null | undefined;

  @Field(() => String)
  reason!: string;
}
