import {
  BreakingChangeType as Breaking,
  DangerousChangeType as Dangerous,
  findBreakingChanges,
  findDangerousChanges,
} from 'graphql';
import { additions, removals } from './additions.ts';
import type { Compared, FoundChange, GraphChange } from './change.ts';
import { followed } from './follow.ts';
import { exists, subjectOf } from './subject.ts';

const removed: ReadonlySet<string> = new Set([
  Breaking.TYPE_REMOVED,
  Breaking.TYPE_REMOVED_FROM_UNION,
  Breaking.VALUE_REMOVED_FROM_ENUM,
  Breaking.FIELD_REMOVED,
  Breaking.ARG_REMOVED,
  Breaking.DIRECTIVE_REMOVED,
  Breaking.DIRECTIVE_ARG_REMOVED,
]);
const added: ReadonlySet<string> = new Set([
  Breaking.REQUIRED_INPUT_FIELD_ADDED,
  Breaking.REQUIRED_ARG_ADDED,
  Breaking.REQUIRED_DIRECTIVE_ARG_ADDED,
  Dangerous.VALUE_ADDED_TO_ENUM,
  Dangerous.TYPE_ADDED_TO_UNION,
  Dangerous.OPTIONAL_INPUT_FIELD_ADDED,
  Dangerous.OPTIONAL_ARG_ADDED,
]);

/** All changes between two graphs, breaking changes first. */
export function compareGraphs(compared: Compared): GraphChange[] {
  const { before, after, whole = compared } = compared;
  const unsafe = [
    ...findBreakingChanges(before, after).map((one) => ({ ...one, severity: 'breaking' as const })),
    ...findDangerousChanges(before, after).map((one) => ({ ...one, severity: 'dangerous' as const })),
  ].map(({ type, description, severity }): FoundChange => {
    const change = removed.has(type) ? 'removed' : added.has(type) ? 'added' : 'changed';
    return { severity, change, subject: subjectOf(description), text: description };
  });
  unsafe.push(...removals(before, after, whole.after));
  const known = new Set(unsafe.map(({ subject }) => subject.what));
  const safe = additions(before, after, whole.before).filter(({ subject }) => !known.has(subject.what));
  // A part of a graph may lack a shared type, as the comparisons of a scalar, that the whole graph has.
  const isTrue = ({ change, subject }: FoundChange) =>
    change === 'changed' ||
    (exists(whole.before, subject) === (change === 'removed') &&
      exists(whole.after, subject) === (change === 'added'));
  return sortedChanges(followed([...unsafe, ...safe].filter(isTrue), compared));
}

const severities = ['breaking', 'dangerous', 'safe'];

export function sortedChanges(changes: readonly GraphChange[]): GraphChange[] {
  return [...changes].sort(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      (a.what < b.what ? -1 : a.what > b.what ? 1 : 0),
  );
}
