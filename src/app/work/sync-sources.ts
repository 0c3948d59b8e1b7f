import type { Metadata } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';

/** The sources whose changes syncs read, also of those with faults: they may be mended soon. */
export function syncSources({ syncs = [] }: Metadata): readonly SourceName[] {
  return syncs.flatMap((entry) => {
    const sides = entry.direction === 'both' ? [entry.left, entry.right] : [entry.left];
    return sides.flatMap((side) => {
      const source = (side as { readonly source?: unknown } | undefined)?.source;
      return typeof source === 'string' ? [source as SourceName] : [];
    });
  });
}
