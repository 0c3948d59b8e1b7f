import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { TableDescription } from '../../src/access/index.ts';
import { describeKey, describeRole, type RoleDescription, roleNames } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { RolePermissions, type TablePermissions } from './role.ts';

@Resolver()
export class RoleResolver {
  @Query(() => [RolePermissions], { description: 'All roles that have any permission, by name.' })
  roles(@Ctx() { graphs }: ControlContext): RolePermissions[] {
    return roleNames(graphs).map((name) => toGraphql(describeRole(graphs, name)));
  }

  @Query(() => RolePermissions, {
    description: 'The permissions of a role. A role without permissions may do nothing.',
  })
  role(@Ctx() { graphs }: ControlContext, @Arg('name', () => String) name: string): RolePermissions {
    return toGraphql(describeRole(graphs, name));
  }

  @Query(() => [RolePermissions], {
    description:
      'What a key may do with each of its roles, within its scopes and limits; nothing when it was revoked.',
  })
  async keyPermissions(
    @Ctx() { graphs, declaredKeys, plane }: ControlContext,
    @Arg('id', () => String, { description: 'As in the audit log; or its name, or a prefix of it.' })
    id: string,
  ): Promise<RolePermissions[]> {
    const roles = await describeKey(graphs, { declared: declaredKeys(), plane }, id);
    return roles.map(({ key, keySettings, missingVariables, ...role }) => ({
      ...toGraphql(role),
      ...{ key, keySettings, missingVariables },
    }));
  }
}

function toGraphql({ role, tables, limits }: RoleDescription): RolePermissions {
  return { key: null, keySettings: null, missingVariables: [], role, tables: tables.map(tableOf), limits };
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
