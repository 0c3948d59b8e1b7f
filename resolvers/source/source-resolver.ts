import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { CatalogIssue } from '../../src/catalog/index.ts';
import {
  allIssues,
  describeSource,
  followingIssues,
  followingOf,
  healthOf,
  keptNames,
  refreshSource,
  resetNames,
  type SourceDescription,
  triggerReaderOf,
} from '../../src/control/index.ts';
import { changesOf, readSource, type SourceConfig } from '../../src/views/index.ts';
import type { ControlContext } from '../context.ts';
import { followingShown, SourceFollowing } from './following.ts';
import { Health } from './health.ts';
import { SourceKind, SourceSettings } from './settings.ts';
import { GraphChanges, Issue, KeptName, Source, SourceChange, SourceReading, SourceTest } from './source.ts';
import { asConfigured, asGraphql } from './spelling.ts';

const forced = {
  defaultValue: false,
  description: 'Also where the database cannot be reached; it is tried again and again.',
};

@Resolver(() => Source)
export class SourceResolver {
  @Query(() => [Source], { description: 'All attached databases.' })
  sources(@Ctx() { registry }: ControlContext): Source[] {
    return registry.sources.map((source) => toGraphql(describeSource(source)));
  }

  @Query(() => Source, { nullable: true, description: 'One attached database.' })
  source(@Ctx() { registry }: ControlContext, @Arg('name', () => String) name: string): Source | null {
    const source = registry.find(name);
    return source === undefined ? null : toGraphql(describeSource(source));
  }

  @Query(() => [Issue], {
    description: 'Problems with databases, metadata, sources and settings.',
  })
  async issues(@Ctx() context: ControlContext): Promise<readonly Issue[]> {
    return issuesIn(context);
  }

  @Query(() => Health, { description: 'Whether everything is as it should be.' })
  async health(@Ctx() context: ControlContext): Promise<Health> {
    return healthOf({ ...context, issues: await issuesIn(context) });
  }

  @FieldResolver(() => SourceFollowing, {
    nullable: true,
    description: 'How its changes are followed; null: the database cannot be asked now.',
  })
  async changes(
    @Root() { name }: Source,
    @Ctx() { registry, feeds, plane }: ControlContext,
  ): Promise<SourceFollowing | null> {
    const source = registry.find(name);
    if (source === undefined || source.facts === null) return null;
    const { config, connector, facts } = source;
    const found = await triggerReaderOf(plane, name)
      .then((reader) => followingOf(config, connector, facts, reader))
      .catch(() => null);
    return found === null ? null : followingShown(name, found, feeds.states);
  }

  @Query(() => [SourceChange], { description: 'Looks what refreshing a source would change.' })
  async sourceChanges(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<readonly SourceChange[]> {
    return (await readSource(context, name)).changes;
  }

  @Query(() => SourceReading, {
    description: 'Looks what a source contains now, and what refreshing it would change.',
  })
  sourceReading(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<SourceReading> {
    return readSource(context, name) as Promise<SourceReading>;
  }

  @Query(() => [GraphChanges], {
    description:
      'Changes of the graph since this process started, newest first. The last entry compares the graph at the start with the one served before.',
  })
  graphChanges(@Ctx() { history }: ControlContext): readonly GraphChanges[] {
    history.compare();
    return history.recent.map((one) => ({ ...one, at: one.at.toISOString() })) as GraphChanges[];
  }

  @Query(() => [KeptName], {
    description: 'The names that tables and relationships keep since they were first assigned.',
  })
  keptNames(
    @Ctx() { graphs }: ControlContext,
    @Arg('source', () => String, { nullable: true }) source: string | null | undefined,
  ): readonly KeptName[] {
    return keptNames(graphs.names, source ?? null);
  }

  @Mutation(() => Boolean, {
    description:
      'Has the names of a source, or of one of its tables, made anew, as if it had just come. False: none were kept.',
  })
  resetNames(
    @Ctx() context: ControlContext,
    @Arg('source', () => String) source: string,
    @Arg('table', () => String, {
      nullable: true,
      description: 'As in `keptNames`: orders, or sales.orders outside of the default namespace.',
    })
    table: string | null | undefined,
  ): Promise<boolean> {
    return resetNames(context, source, table ?? null);
  }

  @Mutation(() => SourceTest, {
    description: 'Connects to a database and reads what it contains, without attaching it.',
  })
  testSource(
    @Ctx() { sources }: ControlContext,
    @Arg('kind', () => SourceKind) kind: SourceKind,
    @Arg('settings', () => SourceSettings) settings: SourceSettings,
    @Arg('name', () => String, { defaultValue: 'test' }) name: string,
  ): Promise<SourceTest> {
    return sources.test(configOf(name, kind, settings));
  }

  @Mutation(() => Source, {
    description:
      'Attaches a database, which serves when this is answered; other processes follow within 2 s.',
  })
  async attachSource(
    @Ctx() { sources, actor }: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('kind', () => SourceKind) kind: SourceKind,
    @Arg('settings', () => SourceSettings) settings: SourceSettings,
    @Arg('force', () => Boolean, forced) force: boolean,
  ): Promise<Source> {
    return toGraphql(describeSource(await sources.attach(actor, configOf(name, kind, settings), { force })));
  }

  @Mutation(() => Source, {
    description: 'Changes how an attached database is reached or shown; what runs goes on to its end.',
  })
  async updateSource(
    @Ctx() { sources, actor }: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('settings', () => SourceSettings) settings: SourceSettings,
    @Arg('revision', () => GraphQLSafeInt, {
      nullable: true,
      description: 'The revision that was seen; the change is refused when it is another one meanwhile.',
    })
    revision: number | null,
    @Arg('force', () => Boolean, forced) force: boolean,
  ): Promise<Source> {
    const change = asConfigured(settings) as Partial<SourceConfig>;
    return toGraphql(describeSource(await sources.update(actor, name, change, { revision, force })));
  }

  @Mutation(() => Boolean, {
    description: 'Takes a database away; what runs on it ends first, what the metadata says of it stays.',
  })
  async detachSource(
    @Ctx() { sources, actor }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<boolean> {
    await sources.detach(actor, name);
    return true;
  }

  @Mutation(() => Source, {
    description: 'Reads what a source contains anew; the graph is swapped when something has changed.',
  })
  async refreshSource(
    @Ctx() { registry }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Promise<Source> {
    return toGraphql(await refreshSource(registry, name));
  }
}

async function issuesIn({
  graphs,
  registry,
  sources,
  settings,
}: ControlContext): Promise<readonly CatalogIssue[]> {
  return [
    ...allIssues(graphs),
    ...sources.issues,
    ...settings.current.issues,
    ...(await followingIssues(registry.sources)),
  ];
}

function configOf(name: string, kind: SourceKind, settings: SourceSettings): SourceConfig {
  return { name, kind, ...(asConfigured(settings) as object) };
}

function toGraphql({ settings, ...source }: SourceDescription): Source {
  const { changes, ...others } = settings;
  const spelled = changes === undefined ? others : { ...others, changes: changesOf(settings) };
  return { ...source, settings: asGraphql(spelled) } as Source;
}
