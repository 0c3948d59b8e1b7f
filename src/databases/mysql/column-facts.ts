import { type ColumnFacts, familyOf } from '../../catalog/index.ts';
import { numberOr, type Row, textOr } from './catalog-rows.ts';
import { type NativeColumn, readType } from './natives.ts';
import type { Queries } from './queries.ts';
import { isLenient, listedValues } from './types.ts';

/** Facts of the table and the server that decide how a column is read. */
interface ColumnContext {
  readonly tinyInt1IsBool: boolean;
  readonly queries: Queries;
  /** The values that a check constraint allows; `null`: there is no such constraint. */
  readonly list: readonly string[] | null;
  /** Whether a check constraint allows only JSON. */
  readonly isJson: boolean;
  /** The name of a new enum with these values. */
  enumOf(values: readonly string[]): string;
  report(reason: string): void;
}

/** The facts of a column. */
export function columnFacts(row: Row, context: ColumnContext): ColumnFacts {
  const { list, isJson, queries } = context;
  const [, , name, , columnType, standard, nullable, extra, expression, , , , , , , comment] = row;
  const native = nativeOf(row);
  const read = readType(native, context.tinyInt1IsBool);
  if (read.issue !== null) context.report(read.issue);
  const json = isJson && read.scalar === 'text';
  const labels = read.scalar === 'enum' ? listedValues(native.columnType) : null;
  const values = labels ?? (familyOf(read.scalar) === 'text' && !json ? list : null);
  const generated =
    /(?:STORED|VIRTUAL|PERSISTENT) GENERATED/.test(String(extra)) ||
    /^ROW (?:START|END)$/.test(String(expression));
  return {
    name: String(name),
    nativeType: json ? 'json' : String(columnType),
    scalar: json ? 'json' : values === null ? read.scalar : 'enum',
    array: false,
    castType: json ? null : read.castType,
    enumName: values === null ? null : context.enumOf(values),
    nullable: nullable === 'YES',
    defaultExpression: generated ? null : defaultOf(standard, String(extra), queries),
    identity: String(extra).includes('auto_increment') ? 'by default' : null,
    generated,
    maxLength: json ? null : read.maxLength,
    precision: read.precision,
    scale: read.scale,
    range: read.range,
    comment: textOr(comment),
    ...(values !== null &&
    labels === null &&
    isLenient({ scalar: 'enum', array: false, nativeType: read.castType ?? '' })
      ? { respelled: true }
      : {}),
    ...(read.compares === undefined ? {} : { compares: read.compares }),
  };
}

/** The default of a column as an SQL expression; `null`: there is none. */
function defaultOf(
  standard: string | number | null | undefined,
  extra: string,
  { defaultsAreExpressions }: Queries,
): string | null {
  if (standard === null || standard === undefined) return null;
  if (defaultsAreExpressions && standard === 'NULL') return null;
  const updated = /on update \S+/i.exec(extra)?.[0];
  const plain = !defaultsAreExpressions && !extra.includes('DEFAULT_GENERATED');
  const spelled = plain ? `'${String(standard).replaceAll("'", "''")}'` : String(standard);
  return updated === undefined ? spelled : `${spelled} ${updated}`;
}

function nativeOf(row: Row): NativeColumn {
  const [
    ,
    ,
    ,
    dataType,
    columnType,
    ,
    ,
    ,
    ,
    characters,
    precision,
    scale,
    fraction,
    charset,
    collation,
    ,
    ,
    srid,
  ] = row;
  return {
    dataType: String(dataType).toLowerCase(),
    columnType: String(columnType),
    characters: numberOr(characters),
    precision: numberOr(precision),
    scale: numberOr(scale),
    fraction: numberOr(fraction),
    charset: textOr(charset),
    collation: textOr(collation),
    srid: textOr(srid),
  };
}
