import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  describeTriggers,
  invokeTrigger,
  pauseTrigger,
  type TriggerDescription,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { EventTrigger } from './trigger.ts';

@Resolver(() => EventTrigger)
export class TriggerResolver {
  @Query(() => [EventTrigger], { description: 'The event triggers without faults, by name.' })
  async eventTriggers(@Ctx() context: ControlContext): Promise<EventTrigger[]> {
    return (await describeTriggers(context)).map(toGraphql);
  }

  @Query(() => EventTrigger, { nullable: true, description: 'One event trigger.' })
  async eventTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<EventTrigger | null> {
    return named(context, name);
  }

  @Mutation(() => EventTrigger, {
    nullable: true,
    description: 'Makes no attempts for a trigger until it is resumed. Changes are recorded meanwhile.',
  })
  async pauseEventTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<EventTrigger | null> {
    await pauseTrigger(context, name, true);
    return named(context, name);
  }

  @Mutation(() => EventTrigger, { nullable: true, description: 'Makes attempts again.' })
  async resumeEventTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<EventTrigger | null> {
    await pauseTrigger(context, name, false);
    return named(context, name);
  }

  @Mutation(() => String, {
    description:
      'Delivers a row that is there, as the operation MANUAL. The answer is the id of the delivery.',
  })
  invokeEventTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('key', () => JsonScalar, { description: 'Columns in the database with their values: { "id": 7 }.' })
    key: unknown,
  ): Promise<string> {
    return invokeTrigger(context, name, key as Readonly<Record<string, unknown>>);
  }
}

async function named(context: ControlContext, name: string): Promise<EventTrigger | null> {
  const found = (await describeTriggers(context)).find(({ trigger }) => trigger.name === name);
  return found === undefined ? null : toGraphql(found);
}

function toGraphql({ trigger, state, ...rest }: TriggerDescription): EventTrigger {
  const { name, table, metadata } = trigger;
  return {
    ...rest,
    ...{ name, comment: metadata.comment ?? null, source: table.source.name, table: table.id },
    operations: (['insert', 'update', 'delete'] as const).filter((op) => trigger[op] !== null),
    following: state?.deliverAfter != null,
    gapAt: state?.gap?.at ?? null,
    gapReason: state?.gap?.reason ?? null,
    definition: metadata,
  };
}
