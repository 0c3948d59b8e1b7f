import { applyPatch, type PatchOperation } from './apply-patch.ts';

/** The response of a GraphQL server, as clients pass it on. */
export interface Response {
  readonly data?: unknown;
  readonly errors?: unknown;
  readonly extensions?: unknown;
}

/** `extensions.delta` of a response. */
export interface Delta {
  readonly revision: number;
  readonly patch?: readonly PatchOperation[];
}

/** Asks for deltas, as a member of `extensions` of a request. */
export const deltaExtension = { delta: 'json-patch' } as const;

/** The request of a subscription, asking for deltas. */
export function askForDeltas<R extends { readonly extensions?: unknown }>(request: R): R {
  return { ...request, extensions: { ...(request.extensions as object | undefined), ...deltaExtension } };
}

/**
 * Reads the responses of one subscription: returns each with its whole `data`. Objects that did not change are the same as in the response
 * before, so do not modify them. Throws where a difference is missing: then subscribe again.
 */
export function deltaReader(): <R extends Response>(response: R) => R {
  let revision: number | null = null;
  let data: unknown;
  return (response) => {
    const { delta, others } = split(response.extensions);
    if (delta?.patch === undefined) {
      revision = delta?.revision ?? null;
      data = response.data;
    } else {
      if (revision === null || delta.revision !== revision + 1)
        throw new Error(`The difference to revision ${delta.revision - 1} came, but not that revision.`);
      data = applyPatch(data, delta.patch);
      revision = delta.revision;
    }
    if (delta === undefined) return response;
    const { extensions: _, ...rest } = response;
    return { ...rest, data, ...(others === null ? {} : { extensions: others }) } as typeof response;
  };
}

/** The delta of a response, and its other extensions; `null`: there are none. */
export function split(extensions: unknown): {
  readonly delta: Delta | undefined;
  readonly others: object | null;
} {
  const { delta, ...others } = (extensions ?? {}) as { readonly delta?: Delta };
  return { delta, others: Reflect.ownKeys(others).length === 0 ? null : others };
}
