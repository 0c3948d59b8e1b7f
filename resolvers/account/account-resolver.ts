import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { endOwnKey, type KeyOwner, ownerOf, ownKeys, renewOwnKey } from '../../src/control/index.ts';
import { Key, ShownKey } from '../key/key.ts';
import { shown } from '../key/key-resolver.ts';
import { Me } from './account.ts';

/** The account of an authenticated caller. */
@Resolver()
export class AccountResolver {
  @Query(() => Me)
  me(@Ctx() { session }: KeyOwner): Me {
    const { actor, role, allowedRoles, expiresAt } = session;
    return {
      kind: actor?.kind ?? 'anonymous',
      id: actor?.id ?? '',
      role,
      roles: allowedRoles ?? null,
      owner: ownerOf(session),
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    };
  }

  @Query(() => [Key], { description: 'API keys that the caller owns, by name; for an API key, itself.' })
  async keys(
    @Ctx() holder: KeyOwner,
    @Arg('revoked', () => Boolean, { defaultValue: false, description: 'Also returns revoked keys.' })
    revoked: boolean,
  ): Promise<Key[]> {
    return (await ownKeys(holder, revoked)).map(shown);
  }

  @Mutation(() => ShownKey, {
    description: 'Gives a key of the caller another text; the old one is accepted a while longer.',
  })
  async rotateKey(
    @Ctx() holder: KeyOwner,
    @Arg('id', () => String) id: string,
    @Arg('overlapSeconds', () => Int, { defaultValue: 0 }) overlapSeconds: number,
  ): Promise<ShownKey> {
    const { key, description } = await renewOwnKey(holder, id, overlapSeconds);
    return { text: key, key: shown(description) };
  }

  @Mutation(() => Key, {
    description: 'Ends a key of the caller, or the key that asks, for good, within two seconds everywhere.',
  })
  async revokeKey(@Ctx() holder: KeyOwner, @Arg('id', () => String) id: string): Promise<Key> {
    return shown(await endOwnKey(holder, id));
  }
}
