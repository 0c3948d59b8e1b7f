import { FozError, FozErrors, type SourceName } from '../core/index.ts';
import { type Mutation, type Plan, type Root, type Runner, rootFields } from '../plan/index.ts';
import { sourcesReadBack, withWrite } from './connection-order.ts';
import { type Explained, explainStatement, heading } from './explain.ts';
import { explainMutation } from './explain-writes.ts';
import { placed } from './failures.ts';
import { distinct, ofSource, type Running } from './fetch.ts';
import { onceWithin } from './once.ts';
import type { OpenTransaction } from './operation-request.ts';
import type { ConnectorOf } from './prepare.ts';
import { repeatedAfterConflict } from './repeated.ts';
import { type CallService, type ServiceRoot, serviceText } from './services.ts';
import { DatabaseStage } from './write/database-stage.ts';
import { runMutation } from './write/mutation.ts';
import { problemsOf } from './write/problems.ts';
import { WriteSession } from './write/session.ts';
import { prepareSimple, type SimpleWrite } from './write/simple.ts';
import type { FailedWrite, Written } from './written.ts';

type WriteRoot = Extract<Root, { kind: 'write' }>;

/** The mutation fields of an operation, prepared to run. */
export interface PreparedMutations {
  run(running: Running): Promise<ReadonlyMap<Root, string>>;
  explain(): Promise<readonly Explained[]>;
}

/** The fields of a source that share a transaction. */
interface Group {
  readonly kind: 'group';
  readonly source: SourceName;
  /** How many groups before it have the same source. */
  readonly part: number;
  /** Other sources that the answers are read from. */
  reads: readonly SourceName[];
  readonly fields: { readonly root: WriteRoot; readonly simple: SimpleWrite | null }[];
}

/** Fields that are done together, one after the other group. */
type Stage = Group | ServiceRoot;

/**
 * Groups the fields by source, in order of first appearance; each group is one transaction. A field that is answered outside of the sources
 * stands alone: what comes before it is committed, and what comes after it begins new groups.
 */
function stagesOf(connectorOf: ConnectorOf, plan: Plan): Stage[] {
  const stages: Stage[] = [];
  let open: Group[] = [];
  for (const root of rootFields(plan.roots)) {
    if (root.kind === 'service') {
      stages.push(root);
      open = [];
    }
    if (root.kind !== 'write') continue;
    const source = root.mutation.table.source.name;
    let group = open.find((candidate) => candidate.source === source);
    if (group === undefined) {
      const part = stages.filter((stage) => stage.kind === 'group' && stage.source === source).length;
      group = { kind: 'group', source, part, reads: [], fields: [] };
      open.push(group);
      stages.push(group);
    }
    // The capacity of step parameters is known only after the steps have run, so such statements are compiled for each request.
    group.fields.push({
      root,
      simple: plan.steps.length > 0 ? null : prepareSimple(connectorOf, source, root.mutation),
    });
  }
  return stages;
}

/** Prepares the fields of a mutation. `call`: answers those that are not of a source. */
export function prepareMutations(connectorOf: ConnectorOf, plan: Plan, call: CallService): PreparedMutations {
  const stages = stagesOf(connectorOf, plan);
  const groups = stages.filter((stage) => stage.kind === 'group');
  for (const group of groups)
    group.reads = sourcesReadBack(
      group.fields.map(({ root }) => root),
      group.source,
    );
  const fields = groups.flatMap((group) => group.fields);
  // Binding a single statement already reports all problems of its values.
  const asked = fields.length === 1 && fields[0]!.simple !== null ? [] : fields;
  return {
    async explain() {
      const explained: Explained[] = [];
      for (const stage of stages)
        explained.push(
          ...(stage.kind === 'group'
            ? await explainGroup(connectorOf, stage)
            : [heading(stage.key, stage.service.target.name, [])]),
        );
      return explained;
    },
    async run(running) {
      const problems = asked.flatMap(({ root }) => problemsOf(root.mutation, running.bindings));
      if (problems.length > 0) throw distinct(problems);
      const texts = new Map<Root, string>();
      const before: Effects = { committed: [], called: [] };
      for (const stage of stages) {
        try {
          if (stage.kind === 'service') {
            texts.set(stage, await serviceText(call, running, stage));
            before.called.push(stage.key);
          } else {
            for (const [root, text] of await runGroup(connectorOf, running, stage)) texts.set(root, text);
            before.committed.push(stage.source);
          }
        } catch (error) {
          throw withEffects(stage.kind === 'service' ? error : ofGroup(error, stage), before);
        }
      }
      return texts;
    },
  };
}

/** An error of a group. That of a commit belongs to the only field, or to none in particular. */
function ofGroup(error: unknown, { source, fields }: Group): unknown {
  const [only, ...others] = fields;
  return ofSource(others.length === 0 ? placedIn(only!.root.mutation, error) : error, source);
}

/** The writes of a plan that were not committed when it failed. */
export function failedWrites(
  plan: Plan,
  written: readonly Written[],
  errors: readonly FozError[],
): FailedWrite[] {
  const reported = errors.flatMap(committedOf);
  const committed = new Set([...reported, ...written.map(({ source }) => source)]);
  const unknown = errors.filter(({ details }) => details?.outcome === 'unknown');
  return rootFields(plan.roots).flatMap((root) => {
    if (root.kind !== 'write') return [];
    const { kind, table } = root.mutation;
    const source = table.source.name;
    if (committed.has(source)) return [];
    const isUnknown = unknown.some(({ details }) => details?.source === source);
    return [{ source, table: table.id, kind: kind === 'update many' ? 'update' : kind, isUnknown }];
  });
}

/** The sources whose writes are committed according to an error. */
function committedOf({ details }: FozError): readonly SourceName[] {
  return (details?.committed as readonly SourceName[] | undefined) ?? [];
}

/** The explained statements of a source: a single statement, or those of a transaction. */
async function explainGroup(connectorOf: ConnectorOf, { source, fields }: Group): Promise<Explained[]> {
  const [only] = fields;
  if (fields.length === 1 && only!.simple !== null)
    return [explainStatement(only!.root.key, source, only!.simple.statement)];
  const below: Explained[] = [];
  for (const { root, simple } of fields) {
    if (simple !== null) below.push(explainStatement(root.key, source, simple.statement));
    else below.push(await explainMutation(connectorOf, source, root));
  }
  return [heading('transaction', source, below)];
}

/** One transaction; after a deadlock or a serialization failure it is repeated. */
async function runGroup(
  connectorOf: ConnectorOf,
  running: Running,
  group: Group,
): Promise<Map<Root, string>> {
  const { once, within } = running.writes ?? {};
  if (within !== undefined) return runWithin(connectorOf, running, group, within);
  const [only] = group.fields;
  const attempt = async () => {
    // A single statement commits by itself, and records its write even where the answer fails.
    if (group.fields.length === 1 && only!.simple !== null && once === undefined)
      return new Map<Root, string>([[only!.root, await only!.simple.run(running)]]);
    const written: Written[] = [];
    const texts = await transacted({ ...running, written });
    running.written?.push(...written);
    return texts;
  };
  const transacted = (noting: Running) =>
    withWrite(connectorOf, running.context, group, (runners) => {
      const write = () => runFields(connectorOf, noting, group, runners);
      return once === undefined ? write() : writeOnce(connectorOf, running, group, runners, once, write);
    });
  return repeatedAfterConflict(running.context, attempt);
}

/** The writes are a part of a transaction that others commit. */
async function runWithin(
  connectorOf: ConnectorOf,
  running: Running,
  group: Group,
  { source, runner, written }: OpenTransaction,
): Promise<Map<Root, string>> {
  if (group.source !== source)
    throw new FozError(
      'validation-failed',
      `The transaction writes to the source "${source}"; this mutation writes to "${group.source}".`,
    );
  return runFields(connectorOf, { ...running, written }, group, new Map([[source, runner]]));
}

/** Does the writes unless they were committed under the same id; then their answers are those of the first time. */
async function writeOnce(
  connectorOf: ConnectorOf,
  { context }: Running,
  { source, part, fields }: Group,
  runners: ReadonlyMap<SourceName, Runner>,
  id: string,
  write: () => Promise<Map<Root, string>>,
): Promise<Map<Root, string>> {
  const answer = await onceWithin(
    connectorOf(source),
    runners.get(source)!,
    context,
    part === 0 ? `${id}\n${source}` : `${id}\n${source}\n${part}`,
    async () => {
      const texts = await write();
      return JSON.stringify(fields.map(({ root }) => texts.get(root)));
    },
  );
  const texts = JSON.parse(answer) as readonly string[];
  return new Map(fields.map(({ root }, index) => [root, texts[index]!]));
}

async function runFields(
  connectorOf: ConnectorOf,
  running: Running,
  group: Group,
  runners: ReadonlyMap<SourceName, Runner>,
): Promise<Map<Root, string>> {
  const inside: Running = {
    ...running,
    runnerOf: (name) => runners.get(name) ?? running.runnerOf(name),
  };
  const texts = new Map<Root, string>();
  for (const { root, simple } of group.fields) {
    const session = new WriteSession(connectorOf, group.source, new DatabaseStage(inside, group.source));
    try {
      texts.set(root, simple === null ? await runMutation(session, root.mutation) : await simple.run(inside));
    } catch (error) {
      throw placedIn(root.mutation, error);
    }
  }
  return texts;
}

/** Codes of errors about the rows that a mutation writes, rather than about its answer. */
const aboutRows: ReadonlySet<string> = new Set([
  'constraint-violation',
  'data-exception',
  'permission-error',
  'conflict',
]);

/** An error of a mutation field with its place: the rows of an insert or the arguments of an update, else the field. */
function placedIn(mutation: Mutation, error: unknown): unknown {
  const [first] = error instanceof FozErrors ? error.errors : [error];
  if (!(first instanceof FozError) || !aboutRows.has(first.code)) return placed(error, mutation.path);
  if (mutation.kind === 'insert') return placed(error, mutation.insert.path);
  return placed(error, mutation.kind === 'update' ? mutation.update.path : mutation.path);
}

/** What an operation had done when a later part of it failed. */
interface Effects {
  readonly committed: SourceName[];
  /** The fields that were answered outside of the sources. */
  readonly called: string[];
}

/** Adds to an error what had been done before. */
function withEffects(error: unknown, before: Effects): unknown {
  const { committed, called } = before;
  if (committed.length === 0 && called.length === 0) return error;
  if (error instanceof FozErrors)
    return new FozErrors(error.errors.map((one) => withEffects(one, before) as FozError));
  if (!(error instanceof FozError)) return error;
  const sources = [...new Set(committed)];
  const sentences = [
    error.message,
    ...(sources.length === 0
      ? []
      : [`What this operation wrote to ${sources.join(', ')} before is committed.`]),
    ...(called.length === 0 ? [] : [`What ${called.join(', ')} did before is not undone.`]),
  ];
  const { code, path, details, internal } = error;
  return new FozError(code, sentences.join(' '), {
    path,
    details: {
      ...details,
      ...(sources.length > 0 && { committed: [...sources, ...committedOf(error)] }),
      ...(called.length > 0 && { called }),
    },
    internal,
    cause: error,
  });
}
