import type { ColumnFacts, NativeComparison, Scalar } from '../../catalog/index.ts';

/** A row of `information_schema.columns`, as far as its type goes. */
export interface NativeColumn {
  readonly dataType: string;
  /** `int(10) unsigned`, `enum('a','b')` */
  readonly columnType: string;
  readonly characters: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly fraction: number | null;
  readonly charset: string | null;
  readonly collation: string | null;
  readonly srid: string | null;
}

/** The type of a column in the catalog. `issue`: what is lost. */
export type TypeFacts = Pick<
  ColumnFacts,
  'scalar' | 'castType' | 'maxLength' | 'precision' | 'scale' | 'range' | 'compares'
> & {
  readonly issue: string | null;
};

interface Reading {
  readonly scalar: Scalar;
  readonly castType?: string | null;
  readonly maxLength?: number | null;
  readonly precision?: number | null;
  readonly scale?: number | null;
  readonly range?: readonly [string, string] | null;
  readonly compares?: NativeComparison;
  readonly issue?: string;
}

type Native = (column: NativeColumn) => Reading;

/** `[lowest, highest]` of an integer of so many bits. */
function rangeOf(bits: bigint, unsigned: boolean): readonly [string, string] {
  if (unsigned) return ['0', (2n ** bits - 1n).toString()];
  return [(-(2n ** (bits - 1n))).toString(), (2n ** (bits - 1n) - 1n).toString()];
}

/** Scalars for the signed and the unsigned integer type. The range is given where it differs from that of the scalar. */
const integer =
  (bits: bigint, signed: Scalar, unsigned: Scalar, exact: boolean): Native =>
  ({ columnType }) => {
    const positive = columnType.includes('unsigned');
    return {
      scalar: positive ? unsigned : signed,
      castType: columnType.endsWith('zerofill') ? columnType : null,
      range: positive || !exact ? rangeOf(bits, positive) : null,
    };
  };

const bigint: Native = ({ columnType }) => {
  if (!columnType.includes('unsigned')) return { scalar: 'bigint' };
  const castType = columnType.endsWith('zerofill') ? columnType : 'bigint unsigned';
  return { scalar: 'numeric', castType, precision: 20, scale: 0, range: rangeOf(64n, true) };
};

const tinyint: Native = integer(8n, 'smallint', 'smallint', false);

const decimal: Native = ({ columnType, precision, scale }) => ({
  scalar: 'numeric',
  castType: columnType,
  precision,
  scale,
});

const withCollation = ({ columnType, charset, collation }: NativeColumn) =>
  charset === null ? columnType : `${columnType} character set ${charset} collate ${collation}`;

/** Text types. The length is that of types which count characters; larger types count bytes. */
const text: Native = (column) => ({
  scalar: 'text',
  castType: withCollation(column),
  maxLength: /char/.test(column.dataType) ? column.characters : null,
});

const bytes: Native = ({ characters }) => ({
  scalar: 'bytea',
  maxLength: characters !== null && characters < 2 ** 31 ? characters : null,
});

const moment =
  (scalar: Scalar): Native =>
  ({ fraction }) => ({ scalar, scale: fraction ?? 0 });

const geometry: Native = ({ dataType, srid }) => ({
  scalar: 'geometry',
  castType: srid === null ? dataType : `${dataType} srid ${srid}`,
});

const opaque: Native = (column) => ({ scalar: 'opaque', castType: withCollation(column) });
const just =
  (scalar: Scalar): Native =>
  () => ({ scalar });

const bit: Native = ({ columnType }) => ({
  scalar: columnType === 'bit(1)' ? 'boolean' : 'opaque',
  castType: columnType,
});

const natives: Readonly<Record<string, Native>> = {
  tinyint,
  smallint: integer(16n, 'smallint', 'int', true),
  mediumint: integer(24n, 'int', 'int', false),
  int: integer(32n, 'int', 'bigint', true),
  bigint,
  year: () => ({ scalar: 'int', castType: 'year', range: ['0', '2155'] }),
  bit,
  decimal,
  float: ({ columnType }) => ({
    scalar: 'real',
    castType: columnType.endsWith('zerofill') ? columnType : null,
  }),
  double: ({ columnType }) => ({
    scalar: 'float',
    castType: columnType.endsWith('zerofill') ? columnType : null,
  }),
  char: text,
  varchar: text,
  tinytext: text,
  text,
  mediumtext: text,
  longtext: text,
  enum: (column) => ({ scalar: 'enum', castType: withCollation(column) }),
  set: opaque,
  binary: bytes,
  varbinary: bytes,
  tinyblob: bytes,
  blob: bytes,
  mediumblob: bytes,
  longblob: bytes,
  date: just('date'),
  time: moment('time'),
  datetime: moment('timestamp'),
  timestamp: moment('timestamptz'),
  json: just('json'),
  uuid: () => ({ scalar: 'uuid', castType: 'uuid' }),
  inet4: opaque,
  inet6: opaque,
  // The server compares no vector with a text.
  vector: (column) => ({ ...opaque(column), compares: 'none' }),
  geometry,
  point: geometry,
  linestring: geometry,
  polygon: geometry,
  multipoint: geometry,
  multilinestring: geometry,
  multipolygon: geometry,
  geometrycollection: geometry,
  geomcollection: geometry,
};

/** The catalog's type for a native type. An unknown type is handled as text. */
export function readType(column: NativeColumn, tinyInt1IsBool: boolean): TypeFacts {
  const native = natives[column.dataType];
  const found: Reading =
    tinyInt1IsBool && column.columnType === 'tinyint(1)' ? { scalar: 'boolean' } : (native ?? opaque)(column);
  const unknown = `The type ${column.columnType} is not known: its values are given as text and compared for equality only.`;
  return {
    scalar: found.scalar,
    castType: found.castType ?? null,
    maxLength: found.maxLength ?? null,
    precision: found.precision ?? null,
    scale: found.scale ?? null,
    range: found.range ?? null,
    ...(found.compares === undefined ? {} : { compares: found.compares }),
    issue: native === undefined ? unknown : null,
  };
}
