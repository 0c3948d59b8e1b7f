import type { Metadata } from '../catalog/index.ts';

/** Variables that configure Foz itself and its libraries, and may hold the master key and passwords of databases. */
const reserved = /^(?:FOZ_|PG|NODE_)/i;

/** Which environment variables of the server metadata may use: the endpoints of triggers may be anybody's. */
export class AllowedVariables {
  /** `null`: all but the reserved ones. */
  readonly #listed: readonly string[] | null;

  /** `listed`: names, or beginnings of names with a `*` behind; `null`: all but the reserved ones. */
  constructor(listed: readonly string[] | null) {
    this.#listed = listed;
  }

  /** The variables that a configuration allows. Its author can set and read variables anyway, so `workflow.environment` binds only metadata of the store. */
  static of({
    metadata,
    workflow,
  }: {
    readonly metadata?: Metadata;
    readonly workflow?: { readonly environment?: readonly string[] };
  }): AllowedVariables {
    return new AllowedVariables(metadata === undefined ? (workflow?.environment ?? []) : null);
  }

  /** Why a variable may not be used; `null`: it may. */
  refusal(name: string): string | null {
    if (reserved.test(name))
      return `the environment variable ${name} may not be used: those named FOZ_*, PG* and NODE_* may contain secrets of Foz itself. Give it another name`;
    const isListed = this.#listed?.some((one) =>
      one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one,
    );
    return isListed === false
      ? `the environment variable ${name} is not listed in workflow.environment of the configuration, which metadata of the store needs: add it there and start Foz again`
      : null;
  }
}
