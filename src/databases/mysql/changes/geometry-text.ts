import { doubleText, jsonDoubleText } from './number-text.ts';

/** Kinds of shapes in "well-known binary". */
const kinds = [
  '',
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
  'GeometryCollection',
] as const;

/** WGS 84, and coordinates without a reference system: the server returns them as stored. It transforms others. */
const untransformed = new Set([0, 4326]);

type NumberText = (value: number) => string;

/**
 * A stored geometry (its reference system, then well-known binary) as GeoJSON in the server's spelling. `undefined`: only the server can
 * transform its coordinates to WGS 84.
 */
export function geoJsonText(bytes: Buffer, engine: 'mysql' | 'mariadb'): string | undefined {
  if (engine === 'mysql' && !untransformed.has(bytes.readUInt32LE(0))) return undefined;
  return new Shapes(bytes, engine === 'mysql' ? jsonDoubleText : doubleText).shape();
}

class Shapes {
  readonly #bytes: Buffer;
  readonly #numberText: NumberText;
  #at = 4;

  constructor(bytes: Buffer, numberText: NumberText) {
    this.#bytes = bytes;
    this.#numberText = numberText;
  }

  shape(): string {
    const kind = this.#kind();
    return kind === 'GeometryCollection'
      ? `{"type": "${kind}", "geometries": ${this.#list(() => this.shape())}}`
      : `{"type": "${kind}", "coordinates": ${this.#coordinates(kind)}}`;
  }

  #kind(): (typeof kinds)[number] {
    // The servers store little-endian numbers only.
    const kind = kinds[this.#bytes.readUInt32LE(this.#at + 1)];
    if (kind === undefined || kind === '')
      throw new RangeError('A geometry in the binlog has an unknown kind.');
    this.#at += 5;
    return kind;
  }

  #coordinates(kind: (typeof kinds)[number]): string {
    if (kind === 'Point') return this.#point();
    if (kind === 'LineString') return this.#list(() => this.#point());
    if (kind === 'Polygon') return this.#list(() => this.#list(() => this.#point()));
    return this.#list(() => this.#coordinates(this.#kind()));
  }

  #point(): string {
    const [x, y] = [this.#bytes.readDoubleLE(this.#at), this.#bytes.readDoubleLE(this.#at + 8)];
    this.#at += 16;
    return `[${this.#numberText(x)}, ${this.#numberText(y)}]`;
  }

  #list(element: () => string): string {
    const count = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return `[${Array.from({ length: count }, element).join(', ')}]`;
  }
}
