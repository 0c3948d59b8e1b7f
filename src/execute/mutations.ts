import { setTimeout } from 'node:timers/promises';
import { FozError, FozErrors, type SourceName, unreachable } from '../core/index.ts';
import {
  type Mutation,
  type Plan,
  type Root,
  type Runner,
  rootFields,
  type Select,
  type Update,
  type Write,
  type WriteAnswer,
} from '../plan/index.ts';
import { type Explained, explainStatement } from './explain.ts';
import { distinct, listText, ofSource, type Running } from './fetch.ts';
import type { ConnectorOf } from './prepare.ts';
import { deletion, runDelete, runUpdate } from './write/change.ts';
import { runInsert } from './write/insert.ts';
import { problemsOf } from './write/problems.ts';
import { WriteSession } from './write/session.ts';
import { prepareSimple, type SimpleWrite } from './write/simple.ts';
import type { FailedWrite, Written } from './written.ts';

type WriteRoot = Extract<Root, { kind: 'write' }>;

/** The mutation fields of an operation, ready to run. */
export interface PreparedMutations {
  run(running: Running): Promise<ReadonlyMap<Root, string>>;
  explain(): readonly Explained[];
}

interface Group {
  readonly source: SourceName;
  readonly fields: { readonly root: WriteRoot; readonly simple: SimpleWrite | null }[];
}

/** Groups the fields by source, in order of first appearance; each group is one transaction. */
export function prepareMutations(connectorOf: ConnectorOf, plan: Plan): PreparedMutations {
  const groups: Group[] = [];
  for (const root of rootFields(plan.roots)) {
    if (root.kind !== 'write') continue;
    const source = root.mutation.table.source.name;
    let group = groups.find((candidate) => candidate.source === source);
    if (group === undefined) {
      group = { source, fields: [] };
      groups.push(group);
    }
    // Parameters of steps get their capacity late: such statements are compiled for each request.
    group.fields.push({
      root,
      simple: plan.steps.length > 0 ? null : prepareSimple(connectorOf, source, root.mutation),
    });
  }
  const fields = groups.flatMap((group) => group.fields);
  // A single statement tells all that is wrong with its values when they are bound.
  const asked = fields.length === 1 && fields[0]!.simple !== null ? [] : fields;
  return {
    explain: () => groups.flatMap((group) => explainGroup(connectorOf, plan, group)),
    async run(running) {
      const problems = asked.flatMap(({ root }) => problemsOf(root.mutation, running.bindings));
      if (problems.length > 0) throw distinct(problems);
      const texts = new Map<Root, string>();
      const committed: SourceName[] = [];
      for (const group of groups) {
        try {
          for (const [root, text] of await runGroup(connectorOf, running, group)) texts.set(root, text);
        } catch (error) {
          throw withCommitted(ofSource(error, group.source), committed);
        }
        committed.push(group.source);
      }
      return texts;
    },
  };
}

/** The writes of a plan that were not committed when it failed. */
export function failedWrites(
  plan: Plan,
  written: readonly Written[],
  errors: readonly FozError[],
): FailedWrite[] {
  const told = errors.flatMap(
    ({ details }) => (details?.committed as readonly SourceName[] | undefined) ?? [],
  );
  const committed = new Set([...told, ...written.map(({ source }) => source)]);
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

/** Writes that are one statement are known beforehand; others depend on the keys that come up on the way. */
function explainGroup(connectorOf: ConnectorOf, { steps }: Plan, { source, fields }: Group): Explained[] {
  return fields.flatMap(({ root, simple }) => {
    if (simple !== null) return [explainStatement(root.key, source, simple.statement)];
    const { kind, table } = root.mutation;
    const sql = `-- ${kind} of ${table.id} in a transaction: its statements are made as keys become known`;
    const about = { title: root.key, source, sql, params: [], below: [] };
    if (steps.length > 0) return [about];
    const below = changesOf(root.mutation).map((write) =>
      explainStatement(
        'the rows, by their keys too',
        source,
        connectorOf(source).compileWrite(write).statement,
      ),
    );
    return [{ ...about, below }];
  });
}

/** What an update or a delete asks of its rows, whatever their keys are. */
function changesOf(mutation: Mutation): Write[] {
  const { table } = mutation;
  const update = ({ set, where }: Update): Write => ({ kind: 'update', table, set, where, returning: [] });
  switch (mutation.kind) {
    case 'insert':
      return [];
    case 'update':
      return [update(mutation.update)];
    case 'update many':
      return mutation.updates.map(update);
    case 'delete':
      return [deletion(table, mutation.where, mutation.mark)];
  }
}

/** One transaction; a deadlock or a serialization failure is tried once more. */
async function runGroup(
  connectorOf: ConnectorOf,
  running: Running,
  group: Group,
): Promise<Map<Root, string>> {
  const [only] = group.fields;
  const attempt = async () => {
    const written: Written[] = [];
    const texts = await once({ ...running, written });
    running.written?.push(...written);
    return texts;
  };
  const once = async (noting: Running) => {
    if (group.fields.length === 1 && only!.simple !== null)
      return new Map<Root, string>([[only!.root, await only!.simple.run(noting)]]);
    return connectorOf(group.source).transaction('write', running.context, (runner) =>
      runFields(connectorOf, noting, group, runner),
    );
  };
  try {
    return await attempt();
  } catch (error) {
    if (
      error instanceof FozError &&
      error.code === 'conflict' &&
      error.details?.reason !== 'if_match' &&
      !running.context.signal.aborted
    ) {
      // Both sides of a deadlock would meet again at once.
      await setTimeout(Math.random() * 40);
      return attempt();
    }
    throw error;
  }
}

async function runFields(
  connectorOf: ConnectorOf,
  running: Running,
  group: Group,
  runner: Runner,
): Promise<Map<Root, string>> {
  const inside: Running = {
    ...running,
    runnerOf: (name) => (name === group.source ? runner : running.runnerOf(name)),
  };
  const texts = new Map<Root, string>();
  for (const { root, simple } of group.fields) {
    const session = new WriteSession(connectorOf, inside, group.source);
    texts.set(root, simple === null ? await runMutation(session, root.mutation) : await simple.run(inside));
  }
  return texts;
}

async function runMutation(session: WriteSession, mutation: Mutation): Promise<string> {
  const { answer, table } = mutation;
  const selects = selectsOf(answer);
  switch (mutation.kind) {
    case 'insert': {
      const { keys, affected } = await runInsert(session, mutation.insert, selects.length > 0);
      const written = keys.filter((key) => key !== null);
      const texts: string[][] = [];
      for (const select of selects)
        texts.push((await session.texts(select, written)).filter((text) => text !== undefined));
      return answerText(answer, affected, texts);
    }
    case 'update': {
      const { affected, texts } = await runUpdate(session, table, mutation.update, selects);
      return answerText(answer, affected, texts);
    }
    case 'update many': {
      const answers: string[] = [];
      for (const update of mutation.updates) {
        const { affected, texts } = await runUpdate(session, table, update, selects);
        answers.push(answerText(answer, affected, texts));
      }
      return listText(answers);
    }
    case 'delete': {
      const { affected, texts } = await runDelete(session, mutation, selects);
      return answerText(answer, affected, texts);
    }
    default:
      return unreachable(mutation);
  }
}

function selectsOf(answer: WriteAnswer): Select[] {
  if (answer.kind === 'row') return [answer.select];
  return answer.parts.flatMap((part) => (part.kind === 'returning' ? [part.select] : []));
}

function answerText(answer: WriteAnswer, affected: number, texts: readonly (readonly string[])[]): string {
  if (answer.kind === 'row') return texts[0]?.[0] ?? 'null';
  let returning = 0;
  const parts = answer.parts.map((part) => {
    const key = JSON.stringify(part.key);
    if (part.kind === 'constant') return `${key}:${part.json}`;
    return part.kind === 'affected_rows'
      ? `${key}:${affected}`
      : `${key}:${listText(texts[returning++] ?? [])}`;
  });
  return `{${parts.join(',')}}`;
}

/** Tells what an operation over several sources had already committed when a later source failed. */
function withCommitted(error: unknown, committed: readonly SourceName[]): unknown {
  if (committed.length === 0) return error;
  if (error instanceof FozErrors)
    return new FozErrors(error.errors.map((one) => withCommitted(one, committed) as FozError));
  if (!(error instanceof FozError)) return error;
  const names = committed.join(', ');
  return new FozError(
    error.code,
    `${error.message} What this operation wrote to ${names} before is committed.`,
    {
      path: error.path,
      details: { ...error.details, committed },
      internal: error.internal,
      cause: error,
    },
  );
}
