import type { FozError, HeldBytes, SourceName } from '../core/index.ts';
import type { PackedText } from './introspection/index.ts';
import type { Called, FailedWrite, ReadTable, Written } from './written.ts';

/** A finished answer. `json` is the whole response text. */
export interface EngineAnswer {
  readonly json: string;
  /** A very long answer in compressed form. Reading `json` decompresses it. */
  readonly packed?: PackedText;
  /** `data`: the operation ran (and may have failed while running). `request`: it was refused before it ran. */
  readonly kind: 'data' | 'request';
  readonly errors: readonly FozError[];
  /** The writes that were committed, even if the operation failed afterwards; absent for reads. */
  readonly written?: readonly Written[];
  /** The writes of a mutation that were not committed; absent where there are none. */
  readonly unwritten?: readonly FailedWrite[];
  /** What a mutation has called outside of the sources; absent where there is nothing. */
  readonly called?: readonly Called[];
  /** Sources whose schema seems to have changed since the plan was made. Nothing was written to them. Absent where there are none. */
  readonly drifted?: readonly SourceName[];
  /** The name of the operation in the document, where the operation is recorded in the audit log. */
  readonly operationName?: string | null;
  /** Audited tables that the operation read, even if it failed; absent where there are none. */
  readonly read?: readonly ReadTable[];
}

/** Counts the bytes of an answer. Returns whether the caller may hold them. */
export function withinLimit(data: string, held: HeldBytes): boolean {
  const bytes = Buffer.byteLength(data);
  return bytes <= held.limit && held.take(bytes) === null;
}

/** An answer with this text. */
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

/** An answer that consists of errors. It contains the `internal` texts only for callers who may see them. */
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
