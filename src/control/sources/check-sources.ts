import { changesProblem, urlProblem } from '../../views/index.ts';
import type { FozConfig } from '../config/config.ts';

/** A problem of a source, with its path in the configuration. */
export interface SourceProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Checks that a JSON Schema cannot express: duplicate names, invalid URLs. Messages show no part of a URL but its scheme. */
export function checkSources({ sources }: Pick<FozConfig, 'sources'>): SourceProblem[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index) => {
    const problems: SourceProblem[] = [];
    if (seen.has(source.name))
      problems.push({ path: ['sources', index, 'name'], message: `two sources are called ${source.name}` });
    seen.add(source.name);
    const message = urlProblem(source.kind, source.url);
    if (message !== null) problems.push({ path: ['sources', index, 'url'], message });
    const inChanges = changesProblem(source);
    if (inChanges !== null)
      problems.push({
        path: ['sources', index, 'changes', ...inChanges.path],
        message: inChanges.message,
      });
    return problems;
  });
}
