export type {
  LoadedRun,
  NewRun,
  RunDetails,
  RunOutcome,
  RunProgress,
  RunState,
  RunSummary,
  ShownStep,
  StepRecord,
  StepState,
} from './run.ts';
export { RunStore, runKind } from './run-store.ts';
export { type DueOutcome, type DueRun, ScheduleStore } from './schedule-store.ts';
export type { RunFilter } from './shown.ts';
