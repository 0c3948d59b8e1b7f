import { askForDeltas, deltaReader, type Response } from './delta-reader.ts';

interface Request {
  readonly query?: unknown;
  readonly extensions?: unknown;
}

interface Sink {
  next(response: Response): void;
  error(error: unknown): void;
  complete(): void;
}

/** A client of `graphql-ws` or `graphql-sse`, whatever the types of its requests and responses. */
export interface SubscribingClient {
  subscribe(request: never, sink: never, ...more: never[]): () => void;
  iterate(request: never, ...more: never[]): AsyncIterableIterator<unknown>;
}

interface Untyped {
  subscribe(request: Request, sink: Sink, ...more: never[]): () => void;
  iterate(request: Request, ...more: never[]): AsyncIterableIterator<Response>;
}

/**
 * The same client of `graphql-ws` or `graphql-sse`, for subscriptions whose answers are sent as differences. It delivers whole answers. Use
 * it by itself, in `GraphQLWsLink` of Apollo Client, in `subscriptionExchange` of urql, or in the network layer of Relay.
 */
export function withDeltas<C extends SubscribingClient>(client: C): C {
  const { subscribe, iterate } = client as unknown as Untyped;
  const own: Untyped = {
    subscribe(request, sink, ...more) {
      if (!maySubscribe(request)) return subscribe(request, sink, ...more);
      const stop = subscribe(
        askForDeltas(request),
        reading(sink, () => stop()),
        ...more,
      );
      return stop;
    },
    iterate(request, ...more) {
      if (!maySubscribe(request)) return iterate(request, ...more);
      return mapped(iterate(askForDeltas(request), ...more), deltaReader());
    },
  };
  return { ...client, ...own };
}

/** Whether a request may be a subscription. The text is not known where an id stands for it. */
function maySubscribe({ query }: Request): boolean {
  return typeof query !== 'string' || query === '' || /\bsubscription\b/.test(query);
}

/** A sink of responses with deltas. A response that cannot be read is an error of the subscription, and ends it. */
function reading(sink: Sink, stop: () => void): Sink {
  const read = deltaReader();
  let hasFailed = false;
  return {
    next(response) {
      if (hasFailed) return;
      let whole: Response;
      try {
        whole = read(response);
      } catch (error) {
        hasFailed = true;
        sink.error(error);
        stop();
        return;
      }
      sink.next(whole);
    },
    error(error) {
      if (!hasFailed) sink.error(error);
    },
    complete() {
      if (!hasFailed) sink.complete();
    },
  };
}

function mapped<A>(iterator: AsyncIterableIterator<A>, map: (value: A) => A): AsyncIterableIterator<A> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await iterator.next();
      if (result.done === true) return result;
      try {
        return { value: map(result.value), done: false };
      } catch (error) {
        // Loops over the values do not end the iterator once it has thrown.
        await iterator.return?.();
        throw error;
      }
    },
    async return(value) {
      return (await iterator.return?.(value)) ?? { value, done: true };
    },
    async throw(error) {
      if (iterator.throw === undefined) throw error;
      return iterator.throw(error);
    },
  };
}
