import { Arg, Args, Ctx, Mutation, Resolver } from 'type-graphql';
import { createRelationship, dropRelationship, renameRelationship } from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { changed, MetadataResult } from '../metadata/metadata.ts';
import { TableArgs } from '../table/table.ts';
import { Relationship, RelationshipInput } from './relationship.ts';

@Resolver(() => Relationship)
export class RelationshipResolver {
  @Mutation(() => MetadataResult, { description: 'Declares a relationship, maybe to another source.' })
  createRelationship(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('relationship', () => RelationshipInput) input: RelationshipInput,
  ): Promise<MetadataResult> {
    const { toSource, toNamespace, toTable, description, ...given } = input;
    const to = { source: toSource ?? args.source, namespace: toNamespace, table: toTable };
    const edit = createRelationship(args, { ...given, comment: description, to });
    return changed(context, edit, args);
  }

  @Mutation(() => MetadataResult, {
    description: 'Gives a relationship another name, in the rules of permissions too.',
  })
  renameRelationship(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('name', () => String) name: string,
    @Arg('newName', () => String) newName: string,
  ): Promise<MetadataResult> {
    return changed(context, renameRelationship(args, name, newName), args);
  }

  @Mutation(() => MetadataResult, { description: 'Takes a declared relationship away.' })
  dropRelationship(
    @Ctx() context: ControlContext,
    @Args(() => TableArgs) args: TableArgs,
    @Arg('name', () => String) name: string,
  ): Promise<MetadataResult> {
    return changed(context, dropRelationship(args, name), args);
  }
}
