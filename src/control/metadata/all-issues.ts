import { type CatalogIssue, correctedMetadata, type Metadata } from '../../catalog/index.ts';
import type { Graphs } from '../../views/index.ts';
import { syncIssues } from '../syncs/issues.ts';
import { cronIssues } from '../triggers/issues.ts';
import { hookIssues } from '../workflows/hook-issues.ts';
import { workflowIssues } from '../workflows/issues.ts';

/**
 * All problems of metadata: those of `graphs.resolve`, of workflows, syncs and cron triggers, and those in entries whose source or table is misspelt. The latter are found once
 * the name is replaced by the one that is probably meant.
 */
export function allIssues(graphs: Graphs, metadata: Metadata = graphs.metadata): readonly CatalogIssue[] {
  const { catalog, issues } = graphs.resolve(metadata);
  const found = new Map(issues.map((issue) => [spelled(issue), issue]));
  const known = new Set(found.keys());
  for (const withTargets of [false, true]) {
    const corrected = correctedMetadata(catalog, metadata, withTargets);
    for (const issue of corrected === null ? [] : graphs.resolve(corrected).issues)
      if (issue.severity === 'error') found.set(spelled(issue), issue);
  }
  return [
    ...issues,
    ...[...found].filter(([text]) => !known.has(text)).map(([, issue]) => issue),
    ...workflowIssues(metadata),
    ...hookIssues(metadata, graphs.variables),
    ...syncIssues(metadata, catalog),
    ...cronIssues(metadata, graphs.variables),
  ];
}

function spelled({ where, reason }: CatalogIssue): string {
  return JSON.stringify([where, reason]);
}
