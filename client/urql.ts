import { askForDeltas, deltaReader, type Response } from './delta-reader.ts';

interface Operation {
  readonly key: number;
  readonly kind: string;
  readonly extensions?: unknown;
}

interface Result extends Response {
  readonly operation: { readonly key: number };
}

interface Reading {
  readonly read: ReturnType<typeof deltaReader>;
  /** The delta that was read last. urql repeats extensions in later results. */
  last?: unknown;
}

/** The options that `urqlDeltas` makes. */
export interface UrqlDeltas {
  onOperation<O extends Operation>(operation: O): O;
  onResult<R extends Result>(result: R): R;
}

/**
 * Options for `mapExchange` of urql before its `fetchExchange`, for subscriptions over HTTP (`fetchSubscriptions`). In
 * `subscriptionExchange` use a client from `withDeltas`.
 */
export function urqlDeltas(): UrqlDeltas {
  const readings = new Map<number, Reading>();
  return {
    onOperation(operation) {
      if (operation.kind === 'teardown') readings.delete(operation.key);
      if (operation.kind !== 'subscription') return operation;
      readings.set(operation.key, { read: deltaReader() });
      return askForDeltas(operation);
    },
    onResult(result) {
      const reading = readings.get(result.operation.key);
      const { delta } = (result.extensions ?? {}) as { readonly delta?: unknown };
      if (reading === undefined || delta === reading.last) return result;
      reading.last = delta;
      return reading.read(result);
    },
  };
}
