import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import { type Following, followingReason } from '../../src/control/index.ts';
import type { FeedState } from '../../src/events/index.ts';
import { ChangeMethod } from './settings.ts';

/** Whether a source is being followed. */
export enum FollowingState {
  idle = 'idle',
  following = 'following',
  polling = 'polling',
  off = 'off',
}
registerEnumType(FollowingState, {
  name: 'FollowingState',
  description:
    '`idle`: nobody subscribes. `following`: changes are reported. `polling`: watched queries run once a second. `off`: nobody can subscribe.',
});

@ObjectType({ description: 'How the changes of a database are followed.' })
export class SourceFollowing {
  @Field(() => ChangeMethod, { description: 'The setting of the source.' })
  wanted!: Following['wanted'];

  @Field(() => String, { description: '`replication`, `triggers`, `version`, `polling` or `off`.' })
  method!: string;

  @Field(() => String, {
    description: 'The method in words, and why it is no better one, as `foz check` prints it.',
  })
  summary!: string;

  @Field(() => FollowingState)
  state!: FollowingState;

  @Field(() => String, { nullable: true, description: 'Since when the method is in use, ISO 8601.' })
  since!: string | null;

  @Field(() => [String], { description: 'Why the wanted method, or a better one, is not used.' })
  reasons!: readonly string[];

  @Field(() => [String], { description: 'Risks for the database, as a log that is kept without a bound.' })
  warnings!: readonly string[];

  @Field(() => [String], {
    description:
      'Objects that Foz has created in the database to follow its changes; foz changes clean removes them.',
  })
  left!: readonly string[];

  @Field(() => Float, {
    nullable: true,
    description: 'From the commit of the last transaction to its message.',
  })
  lagSeconds!: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Log that was written and not read yet.' })
  lagBytes!: number | null;
}

/** `states`: of the sources that this process follows. */
export function followingShown(
  name: string,
  found: Following,
  states: readonly (FeedState & { readonly source: string })[],
): SourceFollowing {
  const now = states.find(({ source }) => source === name);
  return {
    wanted: found.wanted,
    method: now?.method ?? found.method,
    summary: followingReason(name, found),
    state: stateOf(found, now),
    since: now?.since.toISOString() ?? null,
    reasons: now?.obstacles ?? found.obstacles,
    warnings: found.warnings,
    left: found.leftOvers.map(({ what }) => what),
    lagSeconds: now?.lagSeconds ?? null,
    lagBytes: now?.lagBytes ?? null,
  };
}

function stateOf({ wanted }: Following, now: FeedState | undefined): FollowingState {
  if (wanted === 'off') return FollowingState.off;
  if (now === undefined) return FollowingState.idle;
  return now.method === 'polling' ? FollowingState.polling : FollowingState.following;
}
