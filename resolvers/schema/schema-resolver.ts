import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { roleSdl, scalarsOf, sessionOfKey, sessionSdl } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { ScalarType } from './schema.ts';

@Resolver()
export class SchemaResolver {
  @Query(() => String, { description: 'The graph in SDL, sorted, as a role or an API key sees it.' })
  async sdl(
    @Ctx() { graphs, declaredKeys, plane }: ControlContext,
    @Arg('role', () => String, {
      nullable: true,
      description: 'Default: admin, or the first one of the key.',
    })
    role: string | null,
    @Arg('key', () => String, { nullable: true, description: 'Name, id or prefix of a key.' })
    key: string | null | undefined,
  ): Promise<string> {
    if (key === null || key === undefined) return roleSdl(graphs, role ?? undefined);
    const keys = { declared: declaredKeys(), plane };
    return sessionSdl(graphs, await sessionOfKey(keys, key, role ?? undefined));
  }

  @Query(() => [ScalarType], { description: 'The scalars in the graph of a role, for code generators.' })
  scalars(
    @Ctx() { graphs }: ControlContext,
    @Arg('role', () => String, { nullable: true, description: 'Default: admin.' }) role: string | null,
  ): ScalarType[] {
    return scalarsOf(graphs, role ?? undefined);
  }
}
