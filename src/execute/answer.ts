import type { FozError, SourceName } from '../core/index.ts';
import type { PackedText } from './introspection/index.ts';
import type { FailedWrite, ReadTable, Written } from './written.ts';

/** A finished answer. `json` is the whole response text. */
export interface EngineAnswer {
  readonly json: string;
  /** A very long answer, packed; `json` would have to unpack it. */
  readonly packed?: PackedText;
  /** `data`: the operation ran (it may have failed while running). `request`: it was refused before. */
  readonly kind: 'data' | 'request';
  readonly errors: readonly FozError[];
  /** What was written and committed, whether or not the operation failed after it; absent for reads. */
  readonly written?: readonly Written[];
  /** What a mutation asked for and is not in `written`; absent where there is nothing. */
  readonly unwritten?: readonly FailedWrite[];
  /** Sources whose schema seems to be another one than the plan was made for; nothing was written then. Absent where there are none. */
  readonly drifted?: readonly SourceName[];
  /** The name that the document gives to the operation, where account is kept of it. */
  readonly operationName?: string | null;
  /** Tables that were read and whose reads are kept account of, whether or not the operation failed; absent where there are none. */
  readonly read?: readonly ReadTable[];
}

/** The answer that is this text. */
export function answerText(text: string | PackedText): EngineAnswer {
  if (typeof text === 'string') return { json: text, kind: 'data', errors: [] };
  return {
    packed: text,
    get json() {
      return text.text();
    },
    kind: 'data',
    errors: [],
  };
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
