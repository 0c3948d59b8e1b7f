/** Codes of column types in the binlog, and the types that its optional metadata counts together. */
export const wire = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  longlong: 8,
  int24: 9,
  date: 10,
  year: 13,
  varchar: 15,
  bit: 16,
  timestamp2: 17,
  datetime2: 18,
  time2: 19,
  /** MariaDB: `text compressed`, `varchar(n) compressed` */
  compressedBlob: 140,
  compressedVarchar: 141,
  vector: 242,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
  blob: 252,
  string: 254,
  geometry: 255,
  numbers: new Set([1, 2, 3, 4, 5, 8, 9, 13, 246]),
  /** Types that have a collation. MariaDB counts geometries among them. */
  texts: {
    mysql: new Set([15, 249, 250, 251, 252, 253, 254]),
    mariadb: new Set([15, 140, 141, 249, 250, 251, 252, 253, 254, 255]),
  },
} as const;

/** The type of a column as far as its values need it to be read. */
export interface WireType {
  readonly code: number;
  /** By type: the length of a text or of bytes, the size of a length, the digits of a decimal or of a fraction of a second, or the bits. */
  readonly size: number;
  /** Digits of a decimal after its point. */
  readonly scale: number;
}

/** A column as described by the table map event. */
export interface ColumnShape {
  readonly name: string;
  readonly type: WireType;
  readonly isUnsigned: boolean;
  /** The number of its collation; `null`: it has none. */
  readonly collation: number | null;
  /** The labels of an enum or a set, in its character set. */
  readonly labels: readonly Buffer[];
}
