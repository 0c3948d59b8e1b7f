import type { Column } from '../../catalog/index.ts';
import { isAlways, type Labels, type OutputField, type Select, type ValueCodec } from '../../plan/index.ts';
import { compileWriter } from '../writer.ts';

/** Whether the rows of the answer need only returned columns, and no further read. */
export function isFlat(select: Select): boolean {
  return (
    isAlways(select.where) &&
    select.fields.every(
      (field) =>
        field.kind === 'constant' ||
        (field.kind === 'column' &&
          field.column.mask === null &&
          field.jsonPath === null &&
          field.column.type.respelled === undefined &&
          (!field.labels || !field.column.type.array)),
    )
  );
}

/** Columns that a flat select names, each once. */
export function flatColumns(select: Select): Column[] {
  return [...new Set(select.fields.flatMap((field) => (field.kind === 'column' ? [field.column] : [])))];
}

/** A codec that writes enum labels by their names in the graph. */
function named(codec: ValueCodec, labels: Labels | null | undefined): ValueCodec {
  if (labels === null || labels === undefined) return codec;
  const text = codec.text ?? String;
  return {
    ...codec,
    text: (value) => {
      const label = text(value);
      return labels.get(label) ?? label;
    },
  };
}

/** The row writer of a flat select, for the rows that a compiled write returns. */
export function flatWriter(
  select: Select,
  out: readonly OutputField[],
  returning: readonly Column[],
): (row: readonly unknown[]) => string {
  const fields = select.fields.map((field): OutputField => {
    if (field.kind === 'constant') return field;
    if (field.kind !== 'column') throw new TypeError('not flat');
    const value = out[returning.indexOf(field.column)] as Extract<OutputField, { kind: 'value' }>;
    return { ...value, key: field.key, codec: named(value.codec, field.labels) };
  });
  const { write } = compileWriter(fields);
  const nothing = { hops: [], fixed: [] };
  return (row) => write(row, 0, nothing);
}
