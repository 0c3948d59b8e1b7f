import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  describeAllTriggers,
  dropEntry,
  enableEntry,
  invokeAnyTrigger,
  pauseAnyTrigger,
  putEntry,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { ChangeArgs, changed, MetadataResult } from '../metadata/metadata.ts';
import { Trigger } from './trigger.ts';

@Resolver(() => Trigger)
export class AnyTriggerResolver {
  @Query(() => [Trigger], { description: 'The triggers of all kinds without faults, by name.' })
  async triggers(@Ctx() context: ControlContext): Promise<Trigger[]> {
    return (await describeAllTriggers(context)) as unknown as Trigger[];
  }

  @Query(() => Trigger, { nullable: true, description: 'One trigger of any kind.' })
  async trigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Trigger | null> {
    return named(context, name);
  }

  @Mutation(() => Trigger, {
    nullable: true,
    description: 'Makes no attempts for a trigger until it is resumed. Deliveries are added meanwhile.',
  })
  async pauseTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Trigger | null> {
    await pauseAnyTrigger(context, name, true);
    return named(context, name);
  }

  @Mutation(() => Trigger, { nullable: true, description: 'Makes attempts again.' })
  async resumeTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Trigger | null> {
    await pauseAnyTrigger(context, name, false);
    return named(context, name);
  }

  @Mutation(() => String, { description: 'Adds a delivery by hand. The answer is its id.' })
  invokeTrigger(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('input', () => JsonScalar, {
      nullable: true,
      description:
        'For an event trigger: columns in the database with their values, { "id": 7 }. For a cron trigger: another payload.',
    })
    input: unknown,
  ): Promise<string> {
    return invokeAnyTrigger(context, name, input);
  }

  @Mutation(() => MetadataResult, { description: 'Adds a cron trigger, or replaces the one with its name.' })
  putCronTrigger(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('definition', () => JsonScalar) definition: unknown,
  ): Promise<MetadataResult> {
    return changed(context, putEntry('cron_triggers', definition), options);
  }

  @Mutation(() => MetadataResult, { description: 'Removes a cron trigger.' })
  dropCronTrigger(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
  ): Promise<MetadataResult> {
    return changed(context, dropEntry('cron_triggers', name), options);
  }

  @Mutation(() => MetadataResult, { description: 'Enables a cron trigger, or disables it.' })
  enableCronTrigger(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
    @Arg('enabled', () => Boolean) enabled: boolean,
  ): Promise<MetadataResult> {
    return changed(context, enableEntry('cron_triggers', name, enabled), options);
  }
}

async function named(context: ControlContext, name: string): Promise<Trigger | null> {
  const found = (await describeAllTriggers(context)).find((one) => one.name === name);
  return (found ?? null) as Trigger | null;
}
