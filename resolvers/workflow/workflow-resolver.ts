import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  describeWorkflows,
  dropEntry,
  enableEntry,
  putEntry,
  type WorkflowDescription,
} from '../../src/control/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { ChangeArgs, changed, MetadataResult } from '../metadata/metadata.ts';
import { Workflow } from './workflow.ts';

@Resolver(() => Workflow)
export class WorkflowResolver {
  @Query(() => [Workflow], { description: 'All workflows of the metadata.' })
  workflows(@Ctx() { graphs, work }: ControlContext): readonly Workflow[] {
    return describeWorkflows(graphs.metadata, work).map(toGraphql);
  }

  @Query(() => Workflow, { nullable: true, description: 'One workflow.' })
  workflow(
    @Ctx() { graphs, work }: ControlContext,
    @Arg('name', () => String) name: string,
  ): Workflow | null {
    const found = describeWorkflows(graphs.metadata, work).find((one) => one.name === name);
    return found === undefined ? null : toGraphql(found);
  }

  @Mutation(() => MetadataResult, { description: 'Adds a workflow, or replaces the one with its name.' })
  putWorkflow(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('definition', () => JsonScalar, { description: 'As in {"name": "close_order", "steps": [...]}.' })
    definition: unknown,
  ): Promise<MetadataResult> {
    return changed(context, putEntry('workflows', definition), options);
  }

  @Mutation(() => MetadataResult, { description: 'Removes a workflow. Its runs go on.' })
  dropWorkflow(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
  ): Promise<MetadataResult> {
    return changed(context, dropEntry('workflows', name), options);
  }

  @Mutation(() => MetadataResult, {
    description: 'Enables a workflow, or disables it: a disabled one takes no new runs.',
  })
  enableWorkflow(
    @Ctx() context: ControlContext,
    @Args(() => ChangeArgs) options: ChangeArgs,
    @Arg('name', () => String) name: string,
    @Arg('enabled', () => Boolean) enabled: boolean,
  ): Promise<MetadataResult> {
    return changed(context, enableEntry('workflows', name, enabled), options);
  }
}

function toGraphql({ nextDue, ...workflow }: WorkflowDescription): Workflow {
  return { ...workflow, nextDue: nextDue === null ? null : new Date(nextDue) };
}
