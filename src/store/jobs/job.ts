import { createHash } from 'node:crypto';

/** Priorities with their numbers. Of the due jobs of a queue, those with a smaller number come first. */
export const priorities = { high: 0, normal: 1, low: 2 } as const;
export type Priority = keyof typeof priorities;

const priorityNames = Object.keys(priorities) as Priority[];

/** The priority with a number, as the store has it. */
export function priorityOf(number: unknown): Priority {
  return priorityNames[Number(number)]!;
}

/** A list of jobs with its own limit. */
export interface JobQueue {
  readonly name: string;
  /** Which handler does its jobs. */
  readonly kind: string;
  /** The most jobs that all processes together work on at once; `null`: any number. */
  readonly concurrency: number | null;
}

/** Characters of a key that are stored as they are. */
const longestKey = 200;

/** The key of a job for a text of any length, as an index takes no long ones. */
export function jobKey(text: string): string {
  return text.length <= longestKey ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** A job to be added to a queue. */
export interface NewJob {
  /** Adding a job again whose id is still in the queue changes nothing. An id always has the same queue and key. */
  readonly id: string;
  readonly queue: string;
  /** Jobs with the same key are done in the order in which they were added. */
  readonly key?: string;
  /** The most jobs of the key that are worked on at once; default: 1, so that they are done one after the other. */
  readonly keyConcurrency?: number;
  /** Default: `normal`. */
  readonly priority?: Priority;
  /** Milliseconds from now until it is due; default: 0. */
  readonly afterMs?: number;
  readonly body?: string;
}

/** A job that a worker holds. Whatever is recorded about it names the claim, so that a former holder records nothing. */
export interface Claim {
  readonly id: string;
  readonly worker: string;
  /** The fencing token: each claim has one of its own, greater than those before it. */
  readonly fence: number;
  readonly queue: string;
  readonly kind: string;
  readonly key: string | null;
  readonly priority: Priority;
  /** Whether the job was never claimed before. */
  readonly isFirst: boolean;
  /** Claims since the last progress, this one included. More than one: a former holder has died, or asked for another attempt. */
  readonly attempts: number;
  /** Milliseconds since it was due. */
  readonly lateMs: number;
  readonly body: string | null;
}

/** How the work on a claimed job ends. */
export interface Settlement {
  readonly claim: Claim;
  /** `done`: the job is removed. `later`: it is due again in `afterMs`, and keeps its place before later jobs of its key. */
  readonly outcome:
    | { readonly kind: 'done' }
    | {
        readonly kind: 'later';
        readonly afterMs: number;
        /** Whether something was achieved, so that attempts are counted from 0. */
        readonly progress: boolean;
      };
}
