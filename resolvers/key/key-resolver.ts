import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { createKey, endKey, type KeyDescription, keysOf, renewKey } from '../../src/control/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { Key, KeyInput, ShownKey } from './key.ts';

@Resolver(() => Key)
export class KeyResolver {
  @Query(() => [Key], { description: 'The API keys of the store, by name.' })
  async keys(
    @Ctx() context: ControlContext,
    @Arg('revoked', () => Boolean, { defaultValue: false, description: 'Those that have ended, too.' })
    revoked: boolean,
  ): Promise<Key[]> {
    return (await keysOf(planeOf(context), revoked)).map(shown);
  }

  @Mutation(() => ShownKey, { description: 'Makes an API key; its text is shown only now.' })
  async createKey(
    @Ctx() context: ControlContext,
    @Arg('input', () => KeyInput) { scopes, ...input }: KeyInput,
  ): Promise<ShownKey> {
    const { operations, sources, tables } = scopes ?? {};
    const narrowed = {
      ...(operations ? { operations } : {}),
      ...(sources ? { sources } : {}),
      ...(tables ? { tables } : {}),
    };
    const made = await createKey(planeOf(context), context.actor, {
      ...input,
      scopes: scopes ? narrowed : null,
    });
    return { text: made.key, key: shown(made.description) };
  }

  @Mutation(() => ShownKey, {
    description: 'Gives a key another text; the old one is accepted a while longer.',
  })
  async rotateKey(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('overlapSeconds', () => Int, { defaultValue: 0 }) overlapSeconds: number,
  ): Promise<ShownKey> {
    const { key, description } = await renewKey(planeOf(context), context.actor, id, overlapSeconds);
    return { text: key, key: shown(description) };
  }

  @Mutation(() => Key, { description: 'Ends a key for good, within two seconds everywhere.' })
  async revokeKey(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Key> {
    return shown(await endKey(planeOf(context), context.actor, id));
  }
}

/** A key as it is told. */
export function shown({ prefixes, ...key }: KeyDescription): Key {
  return { ...key, prefixes: prefixes.map(({ prefix }) => prefix) } as Key;
}
