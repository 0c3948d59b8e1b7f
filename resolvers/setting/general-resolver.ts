import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { describeSettings, setSetting } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { Setting } from './setting.ts';

@Resolver(() => Setting)
export class GeneralResolver {
  @Query(() => [Setting], { description: 'Settings of foz.yaml that have no operations of their own.' })
  settings(@Ctx() { settings }: ControlContext): readonly Setting[] {
    return describeSettings(settings);
  }

  @Mutation(() => Setting, { description: 'Sets one of `settings`.' })
  setSetting(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String, { description: 'As in `server.cors`.' }) name: string,
    @Arg('value', () => JsonScalar, { nullable: true, description: 'null: as it is by default.' })
    value: unknown,
    @Arg('revision', () => GraphQLSafeInt, {
      nullable: true,
      description: 'The revision that was seen; the change is refused when it is another one meanwhile.',
    })
    revision: number | null,
  ): Promise<Setting> {
    return setSetting(settings, actor, name, value ?? null, revision);
  }
}
