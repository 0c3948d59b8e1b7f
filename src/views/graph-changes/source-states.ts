import type { SourceRegistry } from '../sources/registry.ts';

/** The methods of the process's logger that are used. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Logs each loss and each return of a source from now on. Returns a function that ends the logging. */
export function logSourceStates(registry: SourceRegistry, log: Log): () => void {
  return registry.onStatus(({ name, status }) => {
    if (status.state === 'available') log.info({ source: name }, 'source is available again');
    else if (status.state === 'unavailable')
      log.warn(
        { source: name, reason: status.reason },
        'source is unavailable, and is tried again and again',
      );
  });
}
