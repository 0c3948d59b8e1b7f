export {
  type BackOff,
  defaultBackOff,
  GroupCommit,
  type GroupCommitOptions,
  type JobHandler,
  JobWorker,
  type JobWorkerOptions,
  retryDelay,
  type WorkLog,
} from './jobs/index.ts';
