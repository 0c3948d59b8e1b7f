import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  type AllowListDescription,
  allowOperation,
  describeAllowLists,
  disallowOperation,
  setAllowListMode,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { AllowList, AllowListMode, UnlistedOperation } from './setting.ts';

@Resolver(() => AllowList)
export class AllowListResolver {
  @Query(() => [AllowList], { description: 'Operations that roles may ask for, by role.' })
  allowLists(@Ctx() { settings }: ControlContext): AllowList[] {
    return describeAllowLists(settings).map(toGraphql);
  }

  @Query(() => [UnlistedOperation], {
    description: 'Operations that were asked for and are on no list, newest first.',
  })
  unlistedOperations(
    @Ctx() { unlisted }: ControlContext,
    @Arg('role', () => String, { nullable: true }) role: string | null,
  ): readonly UnlistedOperation[] {
    return unlisted.of(role ?? null);
  }

  @Mutation(() => AllowList, {
    description: 'Sets what becomes of operations that are not on the list of a role.',
  })
  async setAllowListMode(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('role', () => String) role: string,
    @Arg('mode', () => AllowListMode) mode: AllowListMode,
  ): Promise<AllowList> {
    return toGraphql(await setAllowListMode(settings, actor, role, mode));
  }

  @Mutation(() => AllowList, { description: 'Puts the operations of a document on the list of a role.' })
  async allowOperation(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('role', () => String) role: string,
    @Arg('document', () => String) document: string,
    @Arg('name', () => String, { nullable: true }) name: string | null,
  ): Promise<AllowList> {
    return toGraphql(await allowOperation(settings, actor, role, document, name ?? null));
  }

  @Mutation(() => AllowList, { description: 'Takes a document off the list of a role.' })
  async disallowOperation(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('role', () => String) role: string,
    @Arg('hash', () => String) hash: string,
  ): Promise<AllowList> {
    return toGraphql(await disallowOperation(settings, actor, role, hash));
  }
}

function toGraphql(list: AllowListDescription): AllowList {
  return list as AllowList;
}
