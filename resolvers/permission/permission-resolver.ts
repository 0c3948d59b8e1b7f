import { Arg, Args, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  dropInheritedRole,
  dropPermission,
  setInheritedRole,
  setPermission,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { ChangeArgs, changed, MetadataResult } from '../metadata/metadata.ts';
import { TableArgs } from '../table/table.ts';
import { PermissionOperation, TablePermission } from './permission.ts';

const described = { nullable: true, description: 'A note on its purpose.' } as const;

@Resolver(() => TablePermission)
export class PermissionResolver {
  @Mutation(() => MetadataResult, { description: 'Gives a role a permission, or replaces the one it has.' })
  setPermission(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('role', () => String) role: string,
    @Arg('operation', () => PermissionOperation) operation: PermissionOperation,
    @Arg('definition', () => JsonScalar, { description: 'As in {"columns": "*", "filter": {}}.' })
    definition: unknown,
    @Arg('description', () => String, described) description: string | null,
  ): Promise<MetadataResult> {
    const edit = setPermission(args, role, operation, definition, description ?? null);
    return changed(context, edit, args);
  }

  @Mutation(() => MetadataResult, { description: 'Takes a permission from a role.' })
  dropPermission(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('role', () => String) role: string,
    @Arg('operation', () => PermissionOperation) operation: PermissionOperation,
  ): Promise<MetadataResult> {
    return changed(context, dropPermission(args, role, operation), args);
  }

  @Mutation(() => MetadataResult, {
    description: 'Declares a role that can do what any of several others can do, or changes it.',
  })
  setInheritedRole(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('role', () => String) role: string,
    @Arg('roles', () => [String]) roles: string[],
    @Arg('description', () => String, described) description: string | null,
  ): Promise<MetadataResult> {
    const edit = setInheritedRole(role, roles, description ?? null);
    return changed(context, edit, options);
  }

  @Mutation(() => MetadataResult, { description: 'Ends an inherited role.' })
  dropInheritedRole(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('role', () => String) role: string,
  ): Promise<MetadataResult> {
    return changed(context, dropInheritedRole(role), options);
  }
}
