export type { ClaimLimit } from './claims.ts';
export type { JobCount } from './counts.ts';
export {
  type Claim,
  type JobQueue,
  jobKey,
  type NewJob,
  type Priority,
  priorities,
  priorityOf,
  type Settlement,
} from './job.ts';
export { type Claimed, JobStore, type JobTransaction } from './job-store.ts';
export type { OtherWorker } from './workers.ts';
