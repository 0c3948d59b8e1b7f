import { askForDeltas, deltaReader, type Response } from './delta-reader.ts';

interface Observer<T> {
  next?(value: T): void;
  error?(error: unknown): void;
  complete?(): void;
}

/** The parts of an Observable that are used here. */
interface Observed<T> {
  subscribe(observer: Observer<T>): { unsubscribe(): void };
}

type ObservableClass = new (subscribe?: never) => unknown;

type Subscribe = (observer: Required<Observer<Response>>) => () => void;

interface Operation {
  readonly operationType: string;
  extensions: Record<string, unknown>;
}

/**
 * A handler for `new ApolloLink(...)` before the `HttpLink` of Apollo Client: asks for deltas of subscriptions and passes on whole answers.
 * `Observable`: the class that `@apollo/client` exports. Over a WebSocket use `withDeltas`.
 */
export function apolloDeltas<O extends ObservableClass>(
  Observable: O,
): <A extends Operation, R>(operation: A, forward: (operation: A) => R) => R {
  return (operation, forward) => {
    if (operation.operationType !== 'subscription') return forward(operation);
    operation.extensions = askForDeltas(operation).extensions;
    const answers = forward(operation) as Observed<Response>;
    const subscribe: Subscribe = (observer) => {
      const read = deltaReader();
      const subscription = answers.subscribe({
        next(response) {
          let whole: Response;
          try {
            whole = read(response);
          } catch (error) {
            observer.error(error);
            return;
          }
          observer.next(whole);
        },
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
      });
      return () => subscription.unsubscribe();
    };
    return new Observable(subscribe as never) as ReturnType<typeof forward>;
  };
}
