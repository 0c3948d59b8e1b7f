import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Args, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  describeSyncs,
  dropEntry,
  enableEntry,
  pauseSync,
  putEntry,
  repairSync,
  resolveSyncConflicts,
  type SyncDescription,
  syncDifferences,
  syncProblems,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { ChangeArgs, changed, MetadataResult } from '../metadata/metadata.ts';
import { Sync, SyncDifferences, SyncProblemPage, SyncSideName } from './sync.ts';

@Resolver(() => Sync)
export class SyncResolver {
  @Query(() => [Sync], { description: 'All syncs of the metadata, with their states.' })
  async syncs(@Ctx() context: ControlContext): Promise<Sync[]> {
    return (await describeSyncs(context)).map(toGraphql);
  }

  @Query(() => Sync, { nullable: true, description: 'One sync.' })
  async sync(@Ctx() context: ControlContext, @Arg('name', () => String) name: string): Promise<Sync | null> {
    return named(context, name);
  }

  @Query(() => SyncDifferences, {
    description: 'Compares the tables of a sync, some thousands of rows at once, and writes nothing.',
  })
  async syncDifferences(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('after', () => String, { nullable: true, description: 'The `next` of the part before.' })
    after: string | null,
  ): Promise<SyncDifferences> {
    const { entries, ...rest } = await syncDifferences(context, name, after ?? null);
    return { ...rest, entries: entries.map(withRows) };
  }

  @Query(() => SyncProblemPage, { description: 'The rows of a sync that are not in step, by their keys.' })
  async syncProblems(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('after', () => String, { nullable: true, description: 'The `next` of the page before.' })
    after: string | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<SyncProblemPage> {
    const { entries, next } = await syncProblems(context, name, after ?? null, limit);
    return { entries: entries.map(withRows), next };
  }

  @Mutation(() => Sync, {
    nullable: true,
    description: 'Has the whole tables compared, and the rows brought in step that differ.',
  })
  async repairSync(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Sync | null> {
    await repairSync(context, name);
    return named(context, name);
  }

  @Mutation(() => Sync, { nullable: true, description: 'Makes no changes until the sync is resumed.' })
  async pauseSync(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Sync | null> {
    await pauseSync(context, name, true);
    return named(context, name);
  }

  @Mutation(() => Sync, { nullable: true, description: 'Goes on with a sync that was paused.' })
  async resumeSync(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Sync | null> {
    await pauseSync(context, name, false);
    return named(context, name);
  }

  @Mutation(() => GraphQLSafeInt, {
    description: 'Decides conflicts for one side. The answer is their number.',
  })
  resolveSyncConflicts(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('winner', () => SyncSideName) winner: SyncSideName,
    @Arg('keys', () => [String], {
      nullable: true,
      description: 'The keys of the conflicts, as `syncProblems` has them; absent: all of them.',
    })
    keys: string[] | null,
  ): Promise<number> {
    return resolveSyncConflicts(context, name, keys ?? null, winner);
  }

  @Mutation(() => MetadataResult, { description: 'Adds a sync, or replaces the one with its name.' })
  putSync(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('definition', () => JsonScalar) definition: unknown,
  ): Promise<MetadataResult> {
    return changed(context, putEntry('syncs', definition), options);
  }

  @Mutation(() => MetadataResult, { description: 'Removes a sync. The tables stay as they are.' })
  dropSync(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
  ): Promise<MetadataResult> {
    return changed(context, dropEntry('syncs', name), options);
  }

  @Mutation(() => MetadataResult, { description: 'Enables a sync, or disables it.' })
  enableSync(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
    @Arg('enabled', () => Boolean) enabled: boolean,
  ): Promise<MetadataResult> {
    return changed(context, enableEntry('syncs', name, enabled), options);
  }
}

async function named(context: ControlContext, name: string): Promise<Sync | null> {
  const found = (await describeSyncs(context)).find((one) => one.name === name);
  return found === undefined ? null : toGraphql(found);
}

const unknown = {
  ...{ problem: null, paused: false, inserted: 0, updated: 0, deleted: 0 },
  ...{ lagMs: null, changedAt: null, refused: 0, conflicts: 0 },
};

function toGraphql({ state, comparison, faults, ...rest }: SyncDescription): Sync {
  const { problem, paused, inserted, updated, deleted, lagMs, changedAt, refused, conflicts } =
    state ?? unknown;
  const startedAt = comparison === null ? null : new Date(comparison.startedAt);
  return {
    ...rest,
    ...{ faults, problem, paused, inserted, updated, deleted, lagMs, changedAt, refused, conflicts },
    state: faults.length > 0 ? 'stopped' : (state?.state ?? 'starting'),
    comparison:
      comparison === null || startedAt === null
        ? null
        : {
            ...{ done: comparison.done, total: comparison.total, startedAt },
            rate: comparison.done / Math.max(0.001, (Date.now() - startedAt.getTime()) / 1000),
          },
  };
}

/** Rows are stored as JSON. */
function withRows<Entry extends { readonly left: string | null; readonly right: string | null }>(
  entry: Entry,
) {
  const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return { ...entry, left: parsed(entry.left), right: parsed(entry.right) };
}
