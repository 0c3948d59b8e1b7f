export { GroupCommit, type GroupCommitOptions, isPassing } from './group-commit.ts';
export { type JobHandler, JobWorker, type JobWorkerOptions, type WorkLog } from './job-worker.ts';
export type { QueueLimit } from './queue-limits.ts';
export { type BackOff, defaultBackOff, retryDelay } from './retry-delay.ts';
