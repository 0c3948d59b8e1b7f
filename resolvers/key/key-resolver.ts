import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ScopesConfig } from '../../src/auth/index.ts';
import {
  changeKey,
  createKey,
  describeDeclaredKeys,
  endKey,
  keysOf,
  type ListedKey,
  notesOnKey,
  refuseDeclaredKey,
  refuseDeclaredName,
  refuseMisspeltScopes,
  refuseUnknownRoles,
  renewKey,
} from '../../src/control/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { Key, KeyChange, KeyInput, type KeyScopes, type KeyScopesInput, ShownKey } from './key.ts';

@Resolver(() => Key)
export class KeyResolver {
  @Query(() => [Key], {
    description:
      'The API keys: those of the configuration file, which cannot be changed here, then those of the store; each by name.',
  })
  async keys(
    @Ctx() context: ControlContext,
    @Arg('revoked', () => Boolean, { defaultValue: false, description: 'Also returns revoked keys.' })
    revoked: boolean,
  ): Promise<Key[]> {
    const stored = await keysOf(planeOf(context), revoked);
    return [...describeDeclaredKeys(context.declaredKeys()), ...stored].map(shown);
  }

  @FieldResolver(() => [String], {
    description:
      'Probable mistakes: patterns of its scopes that match nothing, session variables that its roles need and it does not set.',
  })
  notes(@Ctx() { graphs }: ControlContext, @Root() key: Key): readonly string[] {
    return notesOnKey(graphs, { ...key, scopes: scopesIn(key) ?? null });
  }

  @Mutation(() => ShownKey, { description: 'Makes an API key; its text is shown only now.' })
  async createKey(
    @Ctx() context: ControlContext,
    @Arg('input', () => KeyInput) input: KeyInput,
  ): Promise<ShownKey> {
    refuseDeclaredName(context.declaredKeys(), input.name);
    refuseUnknownRoles(context.graphs, input.roles);
    const asked = { ...input, scopes: scopesIn(input) };
    await refuseMisspeltScopes(context, asked.scopes);
    const made = await createKey(planeOf(context), context.actor, asked);
    return { text: made.key, key: shown(made.description) };
  }

  @Mutation(() => Key, {
    description:
      'Changes what a key is, not its text, within two seconds everywhere; its open WebSockets are closed.',
  })
  async updateKey(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('input', () => KeyChange) input: KeyChange,
    @Arg('revision', () => GraphQLSafeInt, {
      nullable: true,
      description: 'The revision that was seen; the change is refused when it is another one meanwhile.',
    })
    revision: number | null,
  ): Promise<Key> {
    refuseDeclaredKey(context.declaredKeys(), id);
    refuseDeclaredName(context.declaredKeys(), input.name);
    refuseUnknownRoles(context.graphs, input.roles ?? []);
    const change = { ...input, scopes: scopesIn(input) };
    await refuseMisspeltScopes(context, change.scopes, async () => {
      const keys = await keysOf(planeOf(context), false);
      return keys.find((key) => key.id === id)?.scopes;
    });
    return shown(await changeKey(planeOf(context), context.actor, id, change, revision));
  }

  @Mutation(() => ShownKey, {
    description: 'Gives a key another text; the old one is accepted a while longer.',
  })
  async rotateKey(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('overlapSeconds', () => Int, { defaultValue: 0 }) overlapSeconds: number,
  ): Promise<ShownKey> {
    refuseDeclaredKey(context.declaredKeys(), id);
    const { key, description } = await renewKey(planeOf(context), context.actor, id, overlapSeconds);
    return { text: key, key: shown(description) };
  }

  @Mutation(() => Key, { description: 'Ends a key for good, within two seconds everywhere.' })
  async revokeKey(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Key> {
    refuseDeclaredKey(context.declaredKeys(), id);
    return shown(await endKey(planeOf(context), context.actor, id));
  }
}

/** A key in the form of the control API. */
export function shown({ prefixes, revision, ...key }: ListedKey): Key {
  const texts = prefixes.map(({ prefix }) => prefix);
  const declared = key.createdAt === null;
  return { ...key, declared, prefixes: texts, revision: Number(revision) } as Key;
}

/** The scopes without members that are null, since validation expects absent ones. */
function scopesIn({
  scopes,
}: {
  readonly scopes?: KeyScopesInput | KeyScopes | null;
}): ScopesConfig | null | undefined {
  if (!scopes) return scopes;
  return Object.fromEntries(Object.entries(scopes).filter(([, value]) => value));
}
