import { FozError } from '../../core/index.ts';

/** Whether `extensions.delta` of a request asks for differences between the answers of a subscription; an error for an unknown format. */
export function asksForDeltas(extensions: unknown): boolean | FozError {
  const delta = (extensions as { readonly delta?: unknown } | null | undefined)?.delta ?? null;
  if (delta === null || delta === 'json-patch') return delta !== null;
  return new FozError(
    'validation-failed',
    'extensions.delta is the format of differences: "json-patch" is the only one. Without it each answer is sent whole.',
    { path: '$.extensions.delta' },
  );
}
