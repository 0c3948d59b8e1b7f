import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';

/** Whether a source serves. */
export enum SourceState {
  starting = 'starting',
  available = 'available',
  unavailable = 'unavailable',
}
registerEnumType(SourceState, { name: 'SourceState', description: 'Whether a source serves.' });

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

  @Field(() => String, { nullable: true, description: 'Version as the server tells it.' })
  version!: string | null;

  @Field(() => Int, { description: 'Tables and views in its catalog.' })
  tables!: number;
}

@ObjectType({ description: 'Something in a database or in the metadata that could not be taken as it is.' })
export class Issue {
  @Field(() => String, { description: '`error`: left out. `note`: works, but maybe not as expected.' })
  severity!: string;

  @Field(() => String, { description: 'As in shop.public.orders.total.' })
  where!: string;

  @Field(() => String)
  reason!: string;
}
