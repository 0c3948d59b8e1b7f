import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { TableDescription } from '../../src/access/index.ts';
import { scopesOf } from '../../src/auth/index.ts';
import { describeRole, keysOf, type RoleDescription, roleNames } from '../../src/control/index.ts';
import { FozError } from '../../src/core/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { RolePermissions, type TablePermissions } from './role.ts';

@Resolver()
export class RoleResolver {
  @Query(() => [RolePermissions], { description: 'All roles that have any permission, by name.' })
  roles(@Ctx() { graphs }: ControlContext): RolePermissions[] {
    return roleNames(graphs).map((name) => told(describeRole(graphs, name)));
  }

  @Query(() => RolePermissions, {
    description: 'What a role may do; one without permissions may do nothing.',
  })
  role(@Ctx() { graphs }: ControlContext, @Arg('name', () => String) name: string): RolePermissions {
    return told(describeRole(graphs, name));
  }

  @Query(() => [RolePermissions], {
    description: 'What a key of the store may do with each of its roles, within its scopes and limits.',
  })
  async keyPermissions(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
  ): Promise<RolePermissions[]> {
    const key = (await keysOf(planeOf(context), true)).find((candidate) => candidate.id === id);
    if (key === undefined) throw new FozError('not-found', `There is no key ${id} in the store.`);
    if (key.revokedAt !== null) return [];
    const scopes = scopesOf(key.scopes);
    return key.roles.map((role) => told(describeRole(context.graphs, role, { scopes, limits: key.limits })));
  }
}

function told({ role, tables, limits }: RoleDescription): RolePermissions {
  return { role, tables: tables.map(tableOf), limits };
}

function tableOf(described: TableDescription): TablePermissions {
  const { source, namespace, table, select, insert, update, delete: remove } = described;
  return {
    source,
    namespace,
    table,
    selectColumns: select?.columns ?? null,
    insertColumns: insert?.columns ?? null,
    updateColumns: update?.columns ?? null,
    deletes: remove !== null,
    limit: select?.limit ?? null,
    aggregations: select?.aggregations ?? false,
    json: JSON.stringify({ select, insert, update, delete: remove }),
  };
}
