import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { describeSource, healthOf, refreshSource } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { Health } from './health.ts';
import { Issue, Source } from './source.ts';

@Resolver(() => Source)
export class SourceResolver {
  @Query(() => [Source], { description: 'All attached databases.' })
  sources(@Ctx() { registry }: ControlContext): Source[] {
    return registry.sources.map((source) => describeSource(source) as Source);
  }

  @Query(() => [Issue], { description: 'What the catalog could not take as it is.' })
  issues(@Ctx() { graphs }: ControlContext): readonly Issue[] {
    return graphs.issues;
  }

  @Query(() => Health, { description: 'Whether all sources serve all they contain.' })
  health(@Ctx() { registry, graphs }: ControlContext): Health {
    return healthOf(registry, graphs.catalog);
  }

  @Mutation(() => Source, {
    description: 'Reads what a source contains anew; the graph is swapped when something has changed.',
  })
  async refreshSource(
    @Ctx() { registry }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Source> {
    return (await refreshSource(registry, name)) as Source;
  }
}
