/** The kind of the queues of runs; each workflow has one. */
export const runKind = 'run';

/** The queue of the runs of a workflow. */
export const queueOf = (workflow: string) => `${runKind}:${workflow}`;
