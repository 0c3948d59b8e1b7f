import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Args, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  describeHooks,
  dropEntry,
  dropHookSecret,
  enableEntry,
  listedCalls,
  putEntry,
  putHookSecret,
  replayCall,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { ChangeArgs, changed, MetadataResult } from '../metadata/metadata.ts';
import { Hook, HookCallOutcome, HookCallPage } from './hook.ts';

@Resolver(() => Hook)
export class HookResolver {
  @Query(() => [Hook], { description: 'All inbound webhooks of the metadata.' })
  hooks(@Ctx() { graphs }: ControlContext): readonly Hook[] {
    return describeHooks(graphs);
  }

  @Query(() => HookCallPage, { description: 'The log of calls of inbound webhooks.' })
  async hookCalls(
    @Ctx() context: ControlContext,
    @Arg('hook', () => String, { nullable: true }) hook: string | null,
    @Arg('outcome', () => HookCallOutcome, { nullable: true }) outcome: HookCallOutcome | null,
    @Arg('before', () => GraphQLSafeInt, { nullable: true, description: 'The `next` of the page before.' })
    before: number | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<HookCallPage> {
    const given = {
      ...(hook != null && { hook }),
      ...(outcome != null && { outcome }),
      ...(before != null && { before }),
    };
    const { entries, next } = await listedCalls(context, { ...given, limit });
    return { entries: entries.map((call) => ({ ...call, at: new Date(call.at) })), next } as HookCallPage;
  }

  @Mutation(() => String, {
    description:
      'Starts a run for a call of the log again, or gives its signal again, by the present definition. Returns the id of the run or signal.',
  })
  replayHookCall(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<string> {
    return replayCall(context, id);
  }

  @Mutation(() => MetadataResult, {
    description: 'Adds an inbound webhook, or replaces the one with its name.',
  })
  putHook(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('definition', () => JsonScalar) definition: unknown,
  ): Promise<MetadataResult> {
    return changed(context, putEntry('hooks', definition), options);
  }

  @Mutation(() => MetadataResult, { description: 'Removes an inbound webhook.' })
  dropHook(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
  ): Promise<MetadataResult> {
    return changed(context, dropEntry('hooks', name), options);
  }

  @Mutation(() => MetadataResult, { description: 'Enables an inbound webhook, or disables it.' })
  enableHook(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
    @Arg('enabled', () => Boolean) enabled: boolean,
  ): Promise<MetadataResult> {
    return changed(context, enableEntry('hooks', name, enabled), options);
  }

  @Mutation(() => Boolean, {
    description: 'Stores a secret, encrypted, which webhooks refer to as {"secret": name}.',
  })
  async putHookSecret(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('value', () => String) value: string,
  ): Promise<boolean> {
    await putHookSecret(context, name, value);
    return true;
  }

  @Mutation(() => Boolean, { description: 'Removes a secret of webhooks.' })
  async dropHookSecret(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<boolean> {
    await dropHookSecret(context, name);
    return true;
  }
}
