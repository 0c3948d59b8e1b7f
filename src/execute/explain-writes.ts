import type { SourceName } from '../core/index.ts';
import type { Insert, Mutation, Root } from '../plan/index.ts';
import { type Explained, heading } from './explain.ts';
import type { ConnectorOf } from './prepare.ts';
import { hasUpdate } from './write/conflict-update.ts';
import { runMutation } from './write/mutation.ts';
import { type Branch, Rehearsal } from './write/rehearsal.ts';
import { WriteSession } from './write/session.ts';

/**
 * All statements that a mutation field may send, in order, each with the condition under which it is sent. The write is rehearsed without a
 * database, once for each branch (rows are new, a row conflicts, ...).
 */
export async function explainMutation(
  connectorOf: ConnectorOf,
  source: SourceName,
  { key, mutation }: Extract<Root, { kind: 'write' }>,
): Promise<Explained> {
  const branches = branchesOf(mutation);
  let all: Node[] = [];
  for (const branch of branches) {
    const rehearsal = new Rehearsal(source, branch, rowsOf(mutation));
    const session = new WriteSession(connectorOf, source, rehearsal);
    const statements = await rehearsal.statementsOf(() => runMutation(session, mutation));
    all = merged(all, nodesOf(statements, branch));
  }
  return heading(key, source, folded(all, branches));
}

/** A statement or a heading, and the branches in which it occurs. */
interface Node {
  readonly explained: Explained;
  readonly branches: readonly Branch[];
  readonly below: readonly Node[];
}

/** The branches of a mutation. */
function branchesOf(mutation: Mutation): Branch[] {
  if (mutation.kind !== 'insert') return ['found', 'missed'];
  const conflicts = conflictsOf(mutation.insert);
  return [
    'new',
    ...(conflicts.some(hasUpdate) ? (['changed'] as const) : []),
    ...(conflicts.some((one) => one.where !== null || !hasUpdate(one)) ? (['left'] as const) : []),
  ];
}

function conflictsOf({ onConflict, rows }: Insert): NonNullable<Insert['onConflict']>[] {
  const nested = rows.flatMap(({ before, after }) => [...before, ...after]);
  const own = onConflict === null ? [] : [onConflict];
  return [...own, ...nested.flatMap(({ insert }) => conflictsOf(insert))];
}

/** The number of rows that the explanation assumes for an update or a delete. */
function rowsOf(mutation: Mutation): number {
  return (mutation.kind === 'update' || mutation.kind === 'delete') && mutation.one ? 1 : 2;
}

function nodesOf(list: readonly Explained[], branch: Branch): Node[] {
  return list.map((explained) => {
    // Statements below the rows of a statement are always sent with it.
    const below = explained.sql === null ? nodesOf(explained.below, branch) : [];
    return { explained, branches: [branch], below };
  });
}

const identityOf = ({ explained: { title, sql } }: Node) => JSON.stringify([title, sql]);

/** Merges the statements of two branches, keeping the order of both. Statements that occur in both are listed once. */
function merged(left: readonly Node[], right: readonly Node[]): Node[] {
  const result: Node[] = [];
  let next = 0;
  for (const node of left) {
    const identity = identityOf(node);
    let at = next;
    while (at < right.length && identityOf(right[at]!) !== identity) at++;
    if (at === right.length) result.push(node);
    else {
      const other = right[at]!;
      result.push(...right.slice(next, at), {
        explained: node.explained,
        branches: [...node.branches, ...other.branches],
        below: merged(node.below, other.below),
      });
      next = at + 1;
    }
  }
  return [...result, ...right.slice(next)];
}

/**
 * Merges equal neighbouring entries, and states the condition of each entry that is not sent in every branch. `around`: the
 * branches of the enclosing entry.
 */
function folded(nodes: readonly Node[], around: readonly Branch[]): Explained[] {
  const result: { explained: Explained; likeness: string; times: number }[] = [];
  for (const { explained, branches, below } of nodes) {
    const own = explained.sql === null ? folded(below, branches) : explained.below;
    const when = branches.length === around.length ? {} : { when: whenText(branches) };
    const entry: Explained = { ...when, ...explained, below: own };
    const likeness = JSON.stringify(entry, (key, value) => (key === 'params' ? undefined : value));
    const last = result.at(-1);
    if (last?.likeness === likeness) last.times += 1;
    else result.push({ explained: entry, likeness, times: 1 });
  }
  return result.map(({ explained, times }) => (times === 1 ? explained : { ...explained, times }));
}

const texts: Readonly<Record<string, string>> = {
  new: 'a row is new',
  changed: 'a row is there and is changed',
  left: 'a row is there and is left alone',
  'new changed': 'a row is new or changed',
  'changed left': 'a row is there',
  'new left': 'a row is not changed',
  found: 'there are such rows',
  missed: 'there are none',
};

function whenText(branches: readonly Branch[]): string {
  return texts[branches.join(' ')]!;
}
