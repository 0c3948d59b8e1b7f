import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { ProviderConfig } from '../../src/auth/index.ts';
import { describeProviders, dropProvider, putProvider } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { Provider } from './provider.ts';

@Resolver(() => Provider)
export class ProviderResolver {
  @Query(() => [Provider], {
    description: 'The providers that people sign in with: those of the file, then those of the store.',
  })
  providers(@Ctx() { settings }: ControlContext): readonly Provider[] {
    return describeProviders(settings);
  }

  @Mutation(() => Provider, { description: 'Adds a provider, or changes the one of its name.' })
  putProvider(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('settings', () => JsonScalar, {
      description: 'As an entry of `auth.providers` in foz.yaml; a secret given as `***` stays.',
    })
    given: ProviderConfig,
    @Arg('revision', () => GraphQLSafeInt, {
      nullable: true,
      description: 'The revision that was seen; the change is refused when it is another one meanwhile.',
    })
    revision: number | null,
  ): Promise<Provider> {
    return putProvider(settings, actor, given, revision);
  }

  @Mutation(() => Boolean, {
    description: 'Removes a provider; sessions of people who signed in with it end.',
  })
  async dropProvider(
    @Ctx() { settings, actor }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<boolean> {
    await dropProvider(settings, actor, name);
    return true;
  }
}
