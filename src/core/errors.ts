/**
 * Every value of `errors[].extensions.code`, with the sentence that documents it. `docs/errors.md` is generated from
 * this table, and a test compares the two.
 */
export const errorCodes = {
  'parse-failed': 'The document is not GraphQL.',
  'validation-failed': 'The document or its variables do not fit the graph.',
  'permission-error': 'The write violates a permission rule of the role.',
  'access-denied': 'The request is not allowed for this caller.',
  'constraint-violation':
    'A unique, foreign key, check or not-null constraint of the database refused the write.',
  'data-exception': 'A value does not fit its column, or the database could not compute with it.',
  conflict:
    'The row was changed by another client, or a deadlock was not resolved by repeating the transaction.',
  'not-found': 'The named object does not exist.',
  'not-supported': 'The database or this version of Foz cannot do this.',
  unavailable: 'A source is down or refuses connections.',
  timeout: 'The time limit of the request or of a statement has passed, or the client has left.',
  'workflow-failed':
    'The run of a workflow has failed or was cancelled. `run` is its id, `reason` the code that the workflow gave.',
  'limit-exceeded': 'A limit on depth, fields, cost, rows, keys, bytes or rate was reached.',
  unexpected: 'Something is wrong inside Foz or the database; the log has the details.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface FozErrorOptions {
  /** The position in the operation, as `$.selectionSet.orders.args.where`. */
  readonly path?: string;
  /** The response path of the GraphQL error (`['orders', 0, 'total']`). */
  readonly responsePath?: readonly (string | number)[];
  /** Facts for the client (constraint name, limit, source, ...). Never values of rows. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The message of the database. Only admins and logs get it. */
  readonly internal?: string;
  readonly cause?: unknown;
}

/** The only error class that crosses layers. The message names the thing, the position and the way out. */
export class FozError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly responsePath: readonly (string | number)[] | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly internal: string | undefined;

  constructor(code: ErrorCode, message: string, options: FozErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FozError';
    this.code = code;
    this.path = options.path;
    this.responsePath = options.responsePath;
    this.details = options.details;
    this.internal = options.internal;
  }
}

/** Several errors of one request, reported together. */
export class FozErrors extends Error {
  readonly errors: readonly FozError[];
  constructor(errors: readonly FozError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.name = 'FozErrors';
    this.errors = errors;
  }
}
