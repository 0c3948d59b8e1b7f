import { isDeepStrictEqual } from 'node:util';
import type { Metadata } from '../../catalog/index.ts';
import { failureFields, type StoreLog } from '../../store/index.ts';
import type { Graphs } from '../../views/index.ts';
import type { Runner, WorkflowDefinition } from '../../workflow/index.ts';
import { validWorkflows, workflowIssues } from './issues.ts';

export interface LiveWorkflowsOptions {
  readonly graphs: Pick<Graphs, 'metadata' | 'onSwap'>;
  readonly runner: Pick<Runner, 'define' | 'forget'>;
  readonly log: StoreLog;
}

/** Milliseconds before definitions are stored again after the store did not answer. */
const againMs = 2_000;

/** The workflows of the metadata in use. Their definitions are stored in versions before runs of them are started. */
export class LiveWorkflows {
  readonly #options: LiveWorkflowsOptions;
  readonly #known = new Map<string, WorkflowDefinition>();
  readonly #listeners = new Set<() => void>();
  #metadata: Metadata | null = null;
  #aligning: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stop = () => {};
  #isClosed = false;

  constructor(options: LiveWorkflowsOptions) {
    this.#options = options;
  }

  /** Follows the metadata until `close`. */
  start(): void {
    this.#stop = this.#options.graphs.onSwap(() => void this.align());
    void this.align();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  /** The workflows that runs can be started of, and disabled ones. */
  get definitions(): readonly WorkflowDefinition[] {
    return [...this.#known.values()];
  }

  /** Calls the listener after each change of the definitions. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when the present metadata is in use, or the store does not answer. */
  align(): Promise<void> {
    this.#aligning = this.#aligning.then(() => this.#align());
    return this.#aligning;
  }

  async #align(): Promise<void> {
    const { graphs, runner, log } = this.#options;
    const { metadata } = graphs;
    if (this.#isClosed || metadata === this.#metadata) return;
    clearTimeout(this.#timer);
    if (!isDeepStrictEqual(metadata.workflows, this.#metadata?.workflows)) logFaults(metadata, log);
    const wanted = validWorkflows(metadata);
    const names = new Set(wanted.map(({ name }) => name));
    let hasChanged = false;
    for (const name of [...this.#known.keys()])
      if (!names.has(name)) {
        this.#known.delete(name);
        runner.forget(name);
        hasChanged = true;
      }
    try {
      for (const definition of wanted) {
        if (isDeepStrictEqual(this.#known.get(definition.name), definition)) continue;
        await runner.define(definition);
        this.#known.set(definition.name, definition);
        hasChanged = true;
      }
      this.#metadata = metadata;
    } catch (error) {
      log.warn(failureFields(error), 'workflows cannot be stored yet, and are tried again');
      this.#timer = setTimeout(() => void this.align(), againMs).unref();
    }
    if (hasChanged) for (const listener of this.#listeners) listener();
  }
}

function logFaults(metadata: Metadata, log: StoreLog): void {
  for (const { severity, where, reason } of workflowIssues(metadata))
    if (severity === 'error') log.warn({ where, reason }, 'a workflow is left out: it has a fault');
}
