import type { ColumnFacts, NativeComparison, Scalar } from '../../catalog/index.ts';

/** A row of `sys.columns`, as far as its type goes. */
export interface NativeColumn {
  /** The built-in type. */
  readonly type: string;
  /** In bytes; -1: max. */
  readonly maxLength: number;
  readonly precision: number;
  readonly scale: number;
  readonly collation: string | null;
}

/** The type of a column in the catalog. `issue`: what is lost. */
export type TypeFacts = Pick<
  ColumnFacts,
  'nativeType' | 'scalar' | 'castType' | 'maxLength' | 'precision' | 'scale' | 'range' | 'compares'
> & {
  readonly lenient: boolean;
  readonly readOnly: boolean;
  readonly issue: string | null;
};

interface Reading {
  readonly scalar: Scalar;
  readonly nativeType?: string;
  /** Default: the native type. */
  readonly castType?: string;
  readonly maxLength?: number | null;
  readonly precision?: number;
  readonly scale?: number;
  readonly range?: readonly [string, string];
  readonly compares?: NativeComparison;
  readonly lenient?: boolean;
  readonly readOnly?: boolean;
  readonly issue?: string;
}

type Native = (column: NativeColumn) => Reading;

/** A type of texts; `width`: bytes of a character in `max_length`. */
const text =
  (name: string, width: 1 | 2): Native =>
  ({ maxLength, collation }) => {
    const most = maxLength === -1 ? null : maxLength / width;
    const nativeType = `${name}(${most ?? 'max'})`;
    return {
      scalar: 'text',
      nativeType,
      castType: collation === null ? nativeType : `${nativeType} collate ${collation}`,
      maxLength: most,
      // Texts that differ in blanks at their end are equal in every collation.
      lenient: true,
    };
  };
const longText: Native = ({ collation }) => ({
  scalar: 'text',
  ...(collation === null ? {} : { lenient: true }),
});

const decimal: Native = ({ type, precision, scale }) => ({
  scalar: 'numeric',
  nativeType: `${type}(${precision},${scale})`,
  castType: `decimal(${precision},${scale})`,
  precision,
  scale,
});

const bytes =
  (name: string): Native =>
  ({ maxLength }) => ({
    scalar: 'bytea',
    nativeType: `${name}(${maxLength === -1 ? 'max' : maxLength})`,
    maxLength: maxLength === -1 ? null : maxLength,
  });

const fractional =
  (scalar: Scalar): Native =>
  ({ type, scale }) => ({ scalar, nativeType: `${type}(${scale})`, scale });

const shape: Native = () => ({
  scalar: 'opaque',
  compares: 'none',
  issue: 'The shape is shown as well-known text (WKT), and is not compared.',
});

/** Scalars by the name of the built-in type ("Data types"). */
const natives: Readonly<Record<string, Native>> = {
  bit: () => ({ scalar: 'boolean' }),
  tinyint: () => ({ scalar: 'smallint', range: ['0', '255'] }),
  smallint: () => ({ scalar: 'smallint' }),
  int: () => ({ scalar: 'int' }),
  bigint: () => ({ scalar: 'bigint' }),
  decimal,
  numeric: decimal,
  money: () => ({ scalar: 'numeric', precision: 19, scale: 4 }),
  smallmoney: () => ({ scalar: 'numeric', precision: 10, scale: 4 }),
  real: () => ({ scalar: 'real' }),
  float: () => ({ scalar: 'float' }),
  char: text('char', 1),
  varchar: text('varchar', 1),
  nchar: text('nchar', 2),
  nvarchar: text('nvarchar', 2),
  // Names of objects: nvarchar(128).
  sysname: text('nvarchar', 2),
  text: longText,
  ntext: longText,
  xml: longText,
  json: () => ({ scalar: 'json' }),
  uniqueidentifier: () => ({ scalar: 'uuid' }),
  date: () => ({ scalar: 'date' }),
  time: fractional('time'),
  datetime: () => ({ scalar: 'timestamp' }),
  smalldatetime: () => ({ scalar: 'timestamp' }),
  datetime2: fractional('timestamp'),
  datetimeoffset: fractional('timestamptz'),
  binary: bytes('binary'),
  varbinary: bytes('varbinary'),
  // The server neither compares nor sorts images (errors 402 and 306).
  image: () => ({ scalar: 'bytea', compares: 'none' }),
  timestamp: () => ({ scalar: 'bytea', nativeType: 'rowversion', castType: 'rowversion', readOnly: true }),
  rowversion: () => ({ scalar: 'bytea', readOnly: true }),
  sql_variant: () => ({ scalar: 'opaque' }),
  hierarchyid: () => ({ scalar: 'opaque' }),
  vector: () => ({ scalar: 'opaque' }),
  geometry: shape,
  geography: shape,
};

/** Reads the type of a column. A type that Foz does not know is opaque. */
export function readType(column: NativeColumn): TypeFacts {
  const read = Object.hasOwn(natives, column.type)
    ? natives[column.type]!(column)
    : {
        scalar: 'opaque' as const,
        compares: 'none' as const,
        issue: `The type ${column.type} is not known: its values are shown as the driver reads them.`,
      };
  const nativeType = read.nativeType ?? column.type;
  return {
    scalar: read.scalar,
    nativeType,
    castType: read.castType ?? nativeType,
    maxLength: read.maxLength ?? null,
    precision: read.precision ?? null,
    scale: read.scale ?? null,
    range: read.range ?? null,
    ...(read.compares === undefined ? {} : { compares: read.compares }),
    lenient: read.lenient ?? false,
    readOnly: read.readOnly ?? false,
    issue: read.issue ?? null,
  };
}
