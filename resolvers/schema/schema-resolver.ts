import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { roleSdl, scalarsOf } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { ScalarType } from './schema.ts';

@Resolver()
export class SchemaResolver {
  @Query(() => String, { description: 'The graph in SDL, sorted, as a role sees it.' })
  sdl(
    @Ctx() { graphs }: ControlContext,
    @Arg('role', () => String, { nullable: true, description: 'Default: admin.' }) role: string | null,
  ): string {
    return roleSdl(graphs, role ?? undefined);
  }

  @Query(() => [ScalarType], { description: 'The scalars in the graph of a role, for code generators.' })
  scalars(
    @Ctx() { graphs }: ControlContext,
    @Arg('role', () => String, { nullable: true, description: 'Default: admin.' }) role: string | null,
  ): ScalarType[] {
    return scalarsOf(graphs, role ?? undefined);
  }
}
