export { DueTimes, OneTime } from './due-times.ts';
export { Scheduler, type SchedulerOptions } from './scheduler.ts';
export { type Timed, type Times, Timetable } from './timetable.ts';
