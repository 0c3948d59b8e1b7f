import { Field, GraphQLISODateTime, Int, ObjectType } from 'type-graphql';
import { JsonScalar } from '../json.ts';

@ObjectType({ description: 'A workflow of the metadata.' })
export class Workflow {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => Boolean, { description: 'false: no run of it is started.' })
  enabled!: boolean;

  @Field(() => [String], { description: 'Its faults. A workflow with faults takes no runs.' })
  faults!: readonly string[];

  @Field(() => Int, {
    nullable: true,
    description: 'Its current version, with which new runs begin; null: it takes none.',
  })
  version!: number | null;

  @Field(() => String, { nullable: true, description: 'The role of its operations.' })
  role?: string | null;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When its schedule starts the next run; null: it has none, or this process follows no schedules.',
  })
  nextDue!: Date | null;

  @Field(() => JsonScalar, { description: 'As files of metadata have it.' })
  definition!: unknown;
}
