import type { NativeComparison, Scalar } from '../../catalog/index.ts';
import { quotedName } from './quoted-name.ts';

/** A type of the system catalogs, as introspection reads it. */
export interface TypeRow {
  readonly oid: string;
  readonly namespace: string;
  readonly name: string;
  /** `b` base, `c` composite, `d` domain, `e` enum, `m` multirange, `p` pseudo, `r` range. */
  readonly kind: string;
  /** Set for arrays. */
  readonly element: string | null;
  readonly base: string;
  readonly baseModifier: number;
  readonly notNull: boolean;
  readonly defaultExpression: string | null;
  readonly labels: readonly string[] | null;
  readonly comment: string | null;
  readonly checks: readonly string[] | null;
  /** The comparisons that its default operator classes offer; `null`: it is neither a base type nor a range. */
  readonly compares: NativeComparison | null;
}

/** How a type of the database is read: as which scalar, and how casts name it. */
export interface Native {
  readonly scalar: Scalar;
  /** Type name for casts; default: that of the scalar. */
  readonly cast?: string;
  /** The type of PostgreSQL whose modifiers (length, precision) it has; default: the one of its own name. */
  readonly like?: string;
  readonly range?: readonly [string, string];
}

/** The types that a variant of PostgreSQL adds, or reads differently, by namespace and name: `sys.date`. */
export type OwnTypes = ReadonlyMap<string, Native>;

/** The types of `pg_catalog` that have a scalar. All others are handled by their text form. */
const builtin: Readonly<Record<string, Native>> = {
  bool: { scalar: 'boolean' },
  int2: { scalar: 'smallint' },
  int4: { scalar: 'int' },
  int8: { scalar: 'bigint' },
  numeric: { scalar: 'numeric' },
  float4: { scalar: 'real' },
  float8: { scalar: 'float' },
  text: { scalar: 'text' },
  varchar: { scalar: 'text' },
  bpchar: { scalar: 'text', cast: 'bpchar' },
  name: { scalar: 'text' },
  uuid: { scalar: 'uuid' },
  date: { scalar: 'date' },
  time: { scalar: 'time' },
  timetz: { scalar: 'timetz' },
  timestamp: { scalar: 'timestamp' },
  timestamptz: { scalar: 'timestamptz' },
  interval: { scalar: 'interval' },
  json: { scalar: 'json' },
  jsonb: { scalar: 'jsonb' },
  bytea: { scalar: 'bytea' },
  oid: { scalar: 'bigint', cast: 'oid', range: ['0', '4294967295'] },
};

/** Types of well-known extensions that are handled by their text form without a note. */
const opaqueExtensions = new Set(
  'hstore ltree lquery ltxtquery cube seg vector halfvec sparsevec isbn isbn13 ismn ismn13 issn issn13 ean13 upc box2d box3d raster'.split(
    ' ',
  ),
);

/** The catalog's type for a column. */
export interface ResolvedType {
  readonly scalar: Scalar;
  readonly array: boolean;
  readonly castType: string | null;
  /** The enum type, or the domain whose check is a closed list. */
  readonly enumType: { readonly row: TypeRow; readonly values: readonly string[] } | null;
  /** Whether a domain forbids NULL. */
  readonly notNull: boolean;
  readonly defaultExpression: string | null;
  readonly maxLength: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly range: readonly [string, string] | null;
  /** For types that are handled by their text: the comparisons that the server offers. */
  readonly compares?: NativeComparison | undefined;
  /** Whether different texts may be equal. */
  readonly lenient?: boolean;
  /** Whether it is a domain over an enum, which the server compares only after a cast. */
  readonly isDomain?: boolean;
  /** The reason why the text form is used; `null`: it is not, or needs no note. */
  readonly issue: string | null;
}

/** Types of object names (`regclass`). For the server, an unknown name is an error of the schema, not of the value. */
const namesObjects = /^reg[a-z]+$/;

const typeName = ({ namespace, name }: TypeRow) => `${quotedName(namespace)}.${quotedName(name)}`;

/** A type that is neither a domain nor an array. `spelled`: as `format_type` prints it, with its modifiers. */
export function resolvePlain(row: TypeRow, modifier: number, spelled: string, own: OwnTypes): ResolvedType {
  const native =
    own.get(`${row.namespace}.${row.name}`) ??
    (row.namespace === 'pg_catalog' ? builtin[row.name] : undefined);
  if (native !== undefined) {
    return {
      ...opaque(row),
      scalar: native.scalar,
      castType: native.cast ?? null,
      range: native.range ?? null,
      ...modified(native.like ?? row.name, modifier),
    };
  }
  if (row.kind === 'e')
    return { ...opaque(row), scalar: 'enum', enumType: { row, values: row.labels ?? [] } };
  if (row.kind === 'b' && row.name === 'citext') return { ...opaque(row), scalar: 'text', lenient: true };
  if (row.kind === 'b' && (row.name === 'geometry' || row.name === 'geography'))
    return {
      ...opaque(row),
      scalar: 'geometry',
      castType: typeName(row) + (/\([^)]*\)$/.exec(spelled)?.[0] ?? ''),
    };
  const known = row.namespace === 'pg_catalog' || row.kind !== 'b' || opaqueExtensions.has(row.name);
  const usable = known && row.kind !== 'p';
  const compares = namesObjects.test(row.name) ? undefined : (row.compares ?? undefined);
  return {
    ...opaque(row),
    compares,
    issue: usable
      ? null
      : `The type ${spelled} is not known: its text form is used${compares === undefined ? ', and compared as text' : ''}.`,
  };
}

function opaque(row: TypeRow): ResolvedType {
  return {
    scalar: 'opaque',
    array: false,
    castType: row.kind === 'p' ? null : typeName(row),
    enumType: null,
    notNull: false,
    defaultExpression: null,
    maxLength: null,
    precision: null,
    scale: null,
    range: null,
    issue: null,
  };
}

/** Lengths and digits from a type modifier (-1: none). */
function modified(
  name: string,
  modifier: number,
): Partial<Pick<ResolvedType, 'maxLength' | 'precision' | 'scale'>> {
  if (modifier < 0) return {};
  switch (name) {
    case 'varchar':
    case 'bpchar':
      return { maxLength: modifier - 4 };
    case 'numeric':
      // The modifier includes a length word of 4. The scale is signed, in the lower eleven bits, below the precision.
      return { precision: ((modifier - 4) >> 16) & 0xffff, scale: (((modifier - 4) & 0x7ff) ^ 1024) - 1024 };
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { scale: modifier };
    case 'interval':
      return (modifier & 0xffff) === 0xffff ? {} : { scale: modifier & 0xffff };
    default:
      return {};
  }
}

/** An array whose elements are arrays (through a domain). It is handled by its text form. */
export function nestedArray(row: TypeRow, spelled: string): ResolvedType {
  return {
    ...opaque(row),
    issue: `The type ${spelled} is an array of arrays: its text form is used, and compared as text.`,
  };
}
