import type { Metadata } from '../../catalog/index.ts';
import { workflowIssues } from './issues.ts';
import type { WorkControl } from './runs.ts';

export interface WorkflowDescription {
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly faults: readonly string[];
  /** `null`: it takes no runs. */
  readonly version: number | null;
  readonly role: string | null;
  /** Milliseconds since 1970. */
  readonly nextDue: number | null;
  readonly definition: unknown;
}

/** The workflows of metadata, also faulty ones. `work`: where their versions and schedules are known. */
export function describeWorkflows(metadata: Metadata, work: WorkControl | null): WorkflowDescription[] {
  const issues = workflowIssues(metadata).filter(({ severity }) => severity === 'error');
  return (metadata.workflows ?? []).map((entry, index) => {
    const { name, description, enabled, role } = entry;
    const faults = issues.filter(({ path }) => path?.[1] === index).map(({ reason }) => reason);
    const isFaulty = faults.length > 0;
    return {
      name,
      description: typeof description === 'string' ? description : null,
      enabled: enabled !== false,
      faults,
      version: isFaulty ? null : (work?.runner.current(name)?.version ?? null),
      role: typeof role === 'string' ? role : null,
      nextDue: isFaulty ? null : (work?.scheduler.next(name) ?? null),
      definition: entry,
    };
  });
}
