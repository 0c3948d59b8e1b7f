import { askForDeltas, type Delta, deltaReader, type Response, split } from './delta-reader.ts';

interface Operation {
  readonly key: number;
  readonly kind: string;
  readonly extensions?: unknown;
}

interface Result extends Response {
  readonly operation: { readonly extensions?: unknown };
}

/** Where an operation has its reading. urql does not send members under symbols, and keeps them when it copies an operation. */
const readingOf = Symbol('deltas');

/** The reader of one execution of a subscription. Each execution has its own, since its revisions begin anew. */
interface Reading {
  readonly read: ReturnType<typeof deltaReader>;
  /** The delta that was read last. urql repeats extensions in later results. */
  last?: Delta;
  /** The whole data after it. In a repetition urql has the data of the last response with `data`. */
  data?: unknown;
}

/** The options that `urqlDeltas` makes. */
export interface UrqlDeltas {
  onOperation<O extends Operation>(operation: O): O;
  onResult<R extends Result>(result: R): R | Promise<R>;
}

/**
 * Options for `mapExchange` of urql before its `fetchExchange`, for subscriptions over HTTP (`fetchSubscriptions`). In
 * `subscriptionExchange` use a client from `withDeltas`.
 */
export function urqlDeltas(): UrqlDeltas {
  return {
    onOperation(operation) {
      if (operation.kind !== 'subscription') return operation;
      const asking = askForDeltas(operation);
      const reading: Reading = { read: deltaReader() };
      return { ...asking, extensions: { ...(asking.extensions as object), [readingOf]: reading } };
    },
    onResult(result) {
      const { [readingOf]: reading } = (result.operation.extensions ?? {}) as {
        readonly [readingOf]?: Reading;
      };
      const { delta, others } = split(result.extensions);
      if (reading === undefined || delta === undefined) return result;
      if (delta === reading.last) return { ...result, data: reading.data, extensions: others ?? undefined };
      try {
        const whole = reading.read(result);
        reading.last = delta;
        reading.data = whole.data;
        return whole;
      } catch (error) {
        // Later: a subscription that ends while urql passes on a response rejects a promise that nothing handles.
        return Promise.resolve(failed(result, error));
      }
    },
  };
}

/** The result that ends a subscription with an error, in the form of urql's `CombinedError`. Throwing would end all other operations, too. */
function failed<R extends Result>(result: R, cause: unknown): R {
  const networkError = cause instanceof Error ? cause : new Error(String(cause));
  const error = Object.assign(new Error(`[Network] ${networkError.message}`), {
    name: 'CombinedError',
    graphQLErrors: [],
    networkError,
  });
  return { ...result, data: undefined, error, extensions: undefined, hasNext: false };
}
