import { didYouMean } from '../../catalog/index.ts';
import { FozError } from '../../core/index.ts';
import type { RunStore } from '../../store/index.ts';
import type { WorkflowDefinition } from '../definition.ts';
import { checkWorkflow } from './check.ts';

/** The current version of a workflow. */
export interface CurrentWorkflow {
  readonly version: number;
  readonly definition: WorkflowDefinition;
}

/** Most definitions of former versions that are kept in memory. */
const mostDefinitions = 500;

/** The definitions of workflows: the current versions, and the former ones that runs began with. */
export class Definitions {
  readonly #runs: Pick<RunStore, 'define' | 'definition'>;
  /** The current versions. */
  readonly #current = new Map<string, CurrentWorkflow>();
  /** Definitions by workflow and version. */
  readonly #versions = new Map<string, WorkflowDefinition>();

  constructor(runs: Pick<RunStore, 'define' | 'definition'>) {
    this.#runs = runs;
  }

  /** Makes a definition the current version of its workflow. Rejects with FozErrors that name all faults. Resolves with the version. */
  async define(definition: unknown): Promise<number> {
    const checked = checkWorkflow(definition);
    // Neither changes what a run does.
    const { enabled: _, permissions: __, ...kept } = checked;
    const text = JSON.stringify(kept);
    const version = await this.#runs.define(checked.name, text, checked.concurrency ?? null);
    this.#keep(checked.name, version, checked);
    this.#current.set(checked.name, { version, definition: checked });
    return version;
  }

  /** A workflow that is not defined any more takes no new runs. */
  forget(workflow: string): void {
    this.#current.delete(workflow);
  }

  /** The current version of a workflow; `undefined`: there is none. */
  current(workflow: string): CurrentWorkflow | undefined {
    return this.#current.get(workflow);
  }

  /** The current version of a workflow. Throws FozError `not-found` where there is none. */
  known(workflow: string): CurrentWorkflow {
    const current = this.#current.get(workflow);
    if (current !== undefined) return current;
    throw new FozError(
      'not-found',
      `There is no workflow "${workflow}"${didYouMean(workflow, this.#current.keys())}.`,
    );
  }

  /** The definition that a run began with. Rejects with FozError `not-found`. */
  async version(workflow: string, version: number): Promise<WorkflowDefinition> {
    const known = this.#versions.get(`${workflow}@${version}`);
    if (known !== undefined) return known;
    const text = await this.#runs.definition(workflow, version);
    if (text === null)
      throw new FozError('not-found', `Version ${version} of the workflow "${workflow}" is missing.`);
    const definition = JSON.parse(text) as WorkflowDefinition;
    this.#keep(workflow, version, definition);
    return definition;
  }

  #keep(workflow: string, version: number, definition: WorkflowDefinition): void {
    if (this.#versions.size >= mostDefinitions) this.#versions.clear();
    this.#versions.set(`${workflow}@${version}`, definition);
  }
}
