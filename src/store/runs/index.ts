export { runKind } from './queue.ts';
export type {
  LoadedRun,
  NewRun,
  RunCaller,
  RunDetails,
  RunEvent,
  RunOutcome,
  RunProgress,
  RunResult,
  RunState,
  RunSummary,
  ShownStep,
  StartedChild,
  StepRecord,
  StepState,
} from './run.ts';
export { RunStore } from './run-store.ts';
export { type DueOutcome, type DueRun, ScheduleStore } from './schedule-store.ts';
export type { SeenRun, SeenRunsFilter } from './seen.ts';
export type { RunFilter } from './shown.ts';
export type { NewSignal, Wait } from './signals.ts';
