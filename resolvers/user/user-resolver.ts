import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  dropUser,
  refuseUnknownRoles,
  setUserDisabled,
  setUserRoles,
  usersOf,
} from '../../src/control/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { User } from './user.ts';

@Resolver(() => User)
export class UserResolver {
  @Query(() => [User], { description: 'People who have signed in, by id.' })
  users(
    @Ctx() context: ControlContext,
    @Arg('search', () => String, { nullable: true, description: 'A part of the name or the e-mail address.' })
    search: string | null,
    @Arg('after', () => String, {
      nullable: true,
      description: 'The id of the last user of the page before.',
    })
    after: string | null,
    @Arg('limit', () => Int, { defaultValue: 100 }) limit: number,
  ): Promise<readonly User[]> {
    return usersOf(planeOf(context), { search, after, limit });
  }

  @Mutation(() => User, { description: 'Sets the roles that a user has by hand; running sessions follow.' })
  setUserRoles(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('roles', () => [String]) roles: string[],
  ): Promise<User> {
    refuseUnknownRoles(context.graphs, roles);
    return setUserRoles(planeOf(context), context.actor, id, roles);
  }

  @Mutation(() => User, { description: 'Disables a user, whose sessions end everywhere within two seconds.' })
  disableUser(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<User> {
    return setUserDisabled(planeOf(context), context.actor, id, true);
  }

  @Mutation(() => User, { description: 'Lets a disabled user sign in again.' })
  enableUser(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<User> {
    return setUserDisabled(planeOf(context), context.actor, id, false);
  }

  @Mutation(() => Boolean, {
    description: 'Removes a user with all identities and sessions; who signs in again is a new user.',
  })
  async dropUser(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<boolean> {
    await dropUser(planeOf(context), context.actor, id);
    return true;
  }
}
