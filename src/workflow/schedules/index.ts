export { DueTimes } from './due-times.ts';
export { Scheduler, type SchedulerOptions } from './scheduler.ts';
