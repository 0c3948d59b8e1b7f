import { GraphQLJSON } from 'graphql-scalars';
import { Arg, Args, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  dropInheritedRole,
  dropPermission,
  setInheritedRole,
  setPermission,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { ChangeArgs, MetadataResult, resultOf } from '../metadata/metadata.ts';
import { TableArgs } from '../table/table.ts';
import { PermissionOperation, TablePermission } from './permission.ts';

const described = { nullable: true, description: 'What it is for.' } as const;

@Resolver(() => TablePermission)
export class PermissionResolver {
  @Mutation(() => MetadataResult, { description: 'Gives a role a permission, or replaces the one it has.' })
  async setPermission(
    @Ctx() { metadata, actor }: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('role', () => String) role: string,
    @Arg('operation', () => PermissionOperation) operation: PermissionOperation,
    @Arg('definition', () => GraphQLJSON, { description: 'As in {"columns": "*", "filter": {}}.' })
    definition: unknown,
    @Arg('description', () => String, described) description: string | null,
  ): Promise<MetadataResult> {
    const edit = setPermission(args, role, operation, definition, description ?? null);
    return resultOf(await metadata.change(actor, edit, args));
  }

  @Mutation(() => MetadataResult, { description: 'Takes a permission from a role.' })
  async dropPermission(
    @Ctx() { metadata, actor }: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('role', () => String) role: string,
    @Arg('operation', () => PermissionOperation) operation: PermissionOperation,
  ): Promise<MetadataResult> {
    return resultOf(await metadata.change(actor, dropPermission(args, role, operation), args));
  }

  @Mutation(() => MetadataResult, {
    description: 'Declares a role that can do what any of several others can do, or changes it.',
  })
  async setInheritedRole(
    @Ctx() { metadata, actor }: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('role', () => String) role: string,
    @Arg('roles', () => [String]) roles: string[],
    @Arg('description', () => String, described) description: string | null,
  ): Promise<MetadataResult> {
    const edit = setInheritedRole(role, roles, description ?? null);
    return resultOf(await metadata.change(actor, edit, options));
  }

  @Mutation(() => MetadataResult, { description: 'Ends an inherited role.' })
  async dropInheritedRole(
    @Ctx() { metadata, actor }: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('role', () => String) role: string,
  ): Promise<MetadataResult> {
    return resultOf(await metadata.change(actor, dropInheritedRole(role), options));
  }
}
