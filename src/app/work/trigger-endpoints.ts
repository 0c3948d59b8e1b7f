import type { EndpointMetadata } from '../../catalog/index.ts';
import { type Endpoint, endpointOf, usualConcurrency } from '../../workflow/index.ts';
import type { Work } from './work.ts';

/** The endpoints of triggers in this process, and why some of them cannot be called. */
export class TriggerEndpoints {
  readonly #work: Pick<Work, 'deliveries'>;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #problems = new Map<string, string>();

  constructor(work: Pick<Work, 'deliveries' | 'useEndpoints'>) {
    this.#work = work;
    work.useEndpoints((name) => this.#endpoints.get(name));
  }

  /** Why the endpoint of a trigger cannot be called; `null`: it can. */
  problemOf(name: string): string | null {
    return this.#problems.get(name) ?? null;
  }

  /** Uses these endpoints from now on, and no others. Resolves when the store has their limits. */
  async use(given: readonly EndpointMetadata[]): Promise<void> {
    this.#problems.clear();
    const known = new Set(given.map(({ name }) => name));
    for (const name of this.#endpoints.keys()) if (!known.has(name)) this.#endpoints.delete(name);
    for (const one of given) {
      try {
        this.#endpoints.set(one.name, endpointOf(one, process.env));
      } catch (error) {
        this.#endpoints.delete(one.name);
        this.#problems.set(one.name, error instanceof Error ? error.message : String(error));
      }
    }
    if (given.length === 0) return;
    await this.#work.deliveries.storeEndpoints(
      given.map(({ name, concurrency = usualConcurrency }) => ({ name, concurrency })),
    );
  }
}
