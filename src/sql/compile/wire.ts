import type { ValueType } from '../../catalog/index.ts';
import type { OutputField } from '../../plan/index.ts';

/** The type of each column of a statement, as far as the catalog knows it. Drivers check the types of their results against it. */
export function columnTypes(out: readonly OutputField[]): readonly (ValueType | undefined)[] {
  const types: (ValueType | undefined)[] = [];
  collect(out, types);
  return types;
}

function collect(out: readonly OutputField[], types: (ValueType | undefined)[]): void {
  for (const entry of out) {
    if (entry.kind === 'value') types[entry.index] = entry.codec.type;
    else if (entry.kind === 'object') collect(entry.out, types);
    else if (entry.kind === 'hop')
      for (const { index, codec } of entry.hop.keys ?? []) types[index] = codec.type;
  }
}
