import type { FozError } from '../core/index.ts';

/** A finished answer. `json` is the whole response text. */
export interface EngineAnswer {
  readonly json: string;
  /** `data`: the operation ran (it may have failed while running). `request`: it was refused before. */
  readonly kind: 'data' | 'request';
  readonly errors: readonly FozError[];
}

/** The answer for what went wrong. `internal` texts reach those who may see them. */
export function answerErrors(
  errors: readonly FozError[],
  kind: EngineAnswer['kind'],
  showInternal: boolean,
): EngineAnswer {
  const list = errors.map((error) => ({
    message: error.message,
    ...(error.responsePath === undefined ? {} : { path: error.responsePath }),
    extensions: {
      path: error.path ?? '$',
      code: error.code,
      ...error.details,
      ...(showInternal && error.internal !== undefined && error.code !== 'unexpected'
        ? { internal: error.internal }
        : {}),
    },
  }));
  const text = `"errors":${JSON.stringify(list)}`;
  return { json: kind === 'data' ? `{${text},"data":null}` : `{${text}}`, kind, errors };
}
