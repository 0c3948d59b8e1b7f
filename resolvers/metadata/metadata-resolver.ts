import { GraphQLSafeInt } from 'graphql-scalars';
import { Arg, Args, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { replaceMetadata } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import {
  ChangeArgs,
  changed,
  Metadata,
  MetadataChange,
  MetadataResult,
  MetadataVersion,
} from './metadata.ts';

@Resolver()
export class MetadataResolver {
  @Query(() => Metadata, { description: 'The metadata.' })
  async metadata(@Ctx() { metadata }: ControlContext): Promise<Metadata> {
    const { version, metadata: document } = await metadata.read();
    return { resourceVersion: version, document, owner: metadata.owner };
  }

  @Query(() => [MetadataVersion], { description: 'Versions of the metadata that are kept, newest first.' })
  async metadataHistory(
    @Ctx() { metadata }: ControlContext,
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('before', () => GraphQLSafeInt, { nullable: true, description: 'Only versions before this one.' })
    before: number | null,
  ): Promise<MetadataVersion[]> {
    const versions = await metadata.history(first, before ?? undefined);
    return versions.map(({ actor, ...version }) => ({
      ...version,
      actorKind: actor.kind,
      actorId: actor.id,
    }));
  }

  @Query(() => [MetadataChange], { description: 'The differences between two versions of the metadata.' })
  metadataDiff(
    @Ctx() { metadata }: ControlContext,
    @Arg('from', () => GraphQLSafeInt, { description: '0: no metadata at all.' }) from: number,
    @Arg('to', () => GraphQLSafeInt, { nullable: true, description: 'Default: the newest.' }) to:
      | number
      | null,
  ): Promise<readonly MetadataChange[]> {
    return metadata.diff(from, to);
  }

  @Mutation(() => MetadataResult, { description: 'Puts another document in the place of the metadata.' })
  replaceMetadata(
    @Ctx() context: ControlContext,
    @Arg('document', () => JsonScalar) document: unknown,
    @Args(() => ChangeArgs) options: ChangeArgs,
  ): Promise<MetadataResult> {
    return changed(context, replaceMetadata(document), options);
  }

  @Mutation(() => MetadataResult, { description: 'Brings back a version of the metadata, as a new one.' })
  async revertMetadata(
    @Ctx() context: ControlContext,
    @Arg('toVersion', () => GraphQLSafeInt) toVersion: number,
    @Args(() => ChangeArgs) options: ChangeArgs,
  ): Promise<MetadataResult> {
    return changed(context, await context.metadata.reverted(toVersion), options);
  }
}
