import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { endSession, endSessionsOfUser, sessionsOf } from '../../src/control/index.ts';
import { type ControlContext, planeOf } from '../context.ts';
import { UserSession } from './session.ts';

@Resolver(() => UserSession)
export class SessionResolver {
  @Query(() => [UserSession], { description: 'The 1,000 running sessions that were used last.' })
  userSessions(
    @Ctx() context: ControlContext,
    @Arg('userId', () => String, { nullable: true }) userId: string | null,
  ): Promise<readonly UserSession[]> {
    return sessionsOf(planeOf(context), userId ?? null);
  }

  @Mutation(() => Boolean, { description: 'Ends a session everywhere within two seconds.' })
  async endUserSession(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
  ): Promise<boolean> {
    await endSession(planeOf(context), context.actor, id);
    return true;
  }

  @Mutation(() => Int, { description: 'Ends all sessions of a user; returns their number.' })
  endUserSessions(
    @Ctx() context: ControlContext,
    @Arg('userId', () => String) userId: string,
  ): Promise<number> {
    return endSessionsOfUser(planeOf(context), context.actor, userId);
  }
}
