import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import {
  changeRun,
  listedRuns,
  type RunAction,
  rehearseWorkflow,
  requireWork,
  rerunRun,
  retryRun,
  sendSignal,
  shownJson,
  shownRun,
  startRun,
  tryStep,
} from '../../src/control/index.ts';
import type { RunDetails, RunSummary } from '../../src/store/index.ts';
import type { ControlContext } from '../context.ts';
import { JsonScalar } from '../json.ts';
import { Rehearsal, RehearsedStep, Run, RunFilterInput, RunPage, RunStep, StartOptionsInput } from './run.ts';

@Resolver(() => Run)
export class RunResolver {
  @Query(() => RunPage, { description: 'Runs of workflows.' })
  async runs(
    @Ctx() context: ControlContext,
    @Arg('filter', () => RunFilterInput, { nullable: true }) filter: RunFilterInput | null,
    @Arg('before', () => String, { nullable: true, description: 'The `next` of the page before.' })
    before: string | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<RunPage> {
    const { since, until, ...equal } = filter ?? {};
    const asked = { ...equal, before, since: since?.toISOString(), until: until?.toISOString() };
    const given = Object.fromEntries(
      Object.entries(asked).filter(([, value]) => value !== null && value !== undefined),
    );
    const { entries, next } = await listedRuns(context, { ...given, limit });
    return { entries: entries.map(toGraphql), next };
  }

  @Query(() => Run, { nullable: true, description: 'One run.' })
  async run(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Run | null> {
    const found = await shownRun(context, id);
    return found === null ? null : toGraphql(found);
  }

  @FieldResolver(() => JsonScalar, { nullable: true })
  async input(@Root() run: Run, @Ctx() context: ControlContext): Promise<unknown> {
    return shownJson((await detailsOf(run, context))?.input ?? null);
  }

  @FieldResolver(() => JsonScalar, { nullable: true })
  async output(@Root() run: Run, @Ctx() context: ControlContext): Promise<unknown> {
    return shownJson((await detailsOf(run, context))?.output ?? null);
  }

  @FieldResolver(() => [RunStep], { description: 'In the order in which they began.' })
  async steps(@Root() run: Run, @Ctx() context: ControlContext): Promise<RunStep[]> {
    const steps = (await detailsOf(run, context))?.steps ?? [];
    return steps.map(({ input, output, error, begunAt, endedAt, resumeAt, ...step }) => ({
      ...step,
      ...{ input: shownJson(input), output: shownJson(output), error: shownJson(error) },
      ...{ begunAt: new Date(begunAt), endedAt: dateOf(endedAt), resumeAt: dateOf(resumeAt) },
    }));
  }

  @FieldResolver(() => JsonScalar, {
    nullable: true,
    description: 'The version of the workflow that it began with.',
  })
  async definition(@Root() { workflow, version }: Run, @Ctx() context: ControlContext): Promise<unknown> {
    const text = await requireWork(context).runs.definition(workflow, version);
    return text === null ? undefined : JSON.parse(text);
  }

  @Mutation(() => Run, { description: 'Starts a run of a workflow. It is stored when this is answered.' })
  async startWorkflow(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('input', () => JsonScalar, { nullable: true }) input: unknown,
    @Arg('options', () => StartOptionsInput, { nullable: true }) options: StartOptionsInput | null,
  ): Promise<Run> {
    const { id, priority, afterMs } = options ?? {};
    const run = await startRun(context, {
      ...{ workflow: name, input: input ?? null },
      ...(id != null && { id }),
      ...(priority != null && { priority }),
      ...(afterMs != null && { afterMs }),
    });
    return toGraphql(run);
  }

  @Mutation(() => Run, {
    description: 'Cancels a run: it begins no further step, and records nothing more.',
  })
  cancelRun(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Run> {
    return acted(context, 'cancel', id);
  }

  @Mutation(() => Run, { description: 'Pauses a run: no step of it begins until it is resumed.' })
  pauseRun(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Run> {
    return acted(context, 'pause', id);
  }

  @Mutation(() => Run, { description: 'Resumes a paused run.' })
  resumeRun(@Ctx() context: ControlContext, @Arg('id', () => String) id: string): Promise<Run> {
    return acted(context, 'resume', id);
  }

  @Mutation(() => Run, { description: 'Continues a run that has ended: what failed is done again.' })
  async retryRun(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('from', () => String, {
      nullable: true,
      description: 'The path of a step: it and all that began after it are done again.',
    })
    from: string | null,
  ): Promise<Run> {
    return toGraphql(await retryRun(context, id, from ?? null));
  }

  @Query(() => Rehearsal, {
    description: 'What a run of a workflow would do. Nothing is called: such steps, and waits, are left out.',
  })
  async rehearseWorkflow(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('input', () => JsonScalar, { nullable: true }) input: unknown,
    @Arg('outputs', () => JsonScalar, {
      nullable: true,
      description: 'What steps that are left out are assumed to give, by their ids; default: null.',
    })
    outputs: unknown,
  ): Promise<Rehearsal> {
    return (await rehearseWorkflow(context, name, input ?? null, outputs ?? null)) as Rehearsal;
  }

  @Mutation(() => RehearsedStep, {
    description: 'Really does one step of a workflow, alone, without a run, its retries and its `onError`.',
  })
  async tryStep(
    @Ctx() context: ControlContext,
    @Arg('workflow', () => String) workflow: string,
    @Arg('step', () => String, { description: 'Its id.' }) step: string,
    @Arg('input', () => JsonScalar, { nullable: true }) input: unknown,
    @Arg('outputs', () => JsonScalar, { nullable: true, description: 'Of other steps, by their ids.' })
    outputs: unknown,
  ): Promise<RehearsedStep> {
    return tryStep(context, workflow, step, { input: input ?? null, outputs: outputs ?? null });
  }

  @Mutation(() => Run, {
    description: 'Starts a new run of the current version of the workflow of a run that has ended.',
  })
  async rerunRun(
    @Ctx() context: ControlContext,
    @Arg('id', () => String) id: string,
    @Arg('input', () => JsonScalar, { nullable: true, description: 'Default: the input of that run.' })
    input: unknown,
  ): Promise<Run> {
    return toGraphql(await rerunRun(context, id, input === undefined ? null : { input }));
  }

  @Mutation(() => Boolean, {
    description:
      'Sends a signal to the step `waitFor` of its name and key, or to the next one that begins. Returns whether its id is new.',
  })
  sendSignal(
    @Ctx() context: ControlContext,
    @Arg('name', () => String) name: string,
    @Arg('key', () => JsonScalar, { nullable: true, description: 'As the `key` of the step.' })
    key: unknown,
    @Arg('payload', () => JsonScalar, { nullable: true, description: 'The output of the step.' })
    payload: unknown,
    @Arg('id', () => String, {
      nullable: true,
      description: 'A signal with an id that was used before changes nothing.',
    })
    id: string | null,
  ): Promise<boolean> {
    const given = { name, key: key ?? null, payload: payload ?? null };
    return sendSignal(context, { ...given, ...(id != null && { id }) });
  }
}

async function acted(context: ControlContext, action: RunAction, id: string): Promise<Run> {
  return toGraphql(await changeRun(context, action, id));
}

/** A run with what only one that is shown by itself has. */
type LoadedRun = Run & { details?: Promise<RunDetails | null> };

/** The steps, input and output of a run, read once for all its fields. */
function detailsOf(run: LoadedRun, context: ControlContext): Promise<RunDetails | null> {
  run.details ??= shownRun(context, run.id);
  return run.details;
}

function toGraphql({ at, endedAt, error, ...run }: RunSummary & Partial<RunDetails>): Run {
  const { input, output, steps, ...summary } = run;
  const shown = {
    ...summary,
    ...{ at: new Date(at), endedAt: dateOf(endedAt), error: shownJson(error) },
  } as unknown as LoadedRun;
  if (input !== undefined && steps !== undefined)
    shown.details = Promise.resolve({ ...run, at, endedAt, error } as RunDetails);
  return shown;
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
