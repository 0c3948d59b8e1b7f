import { refuse } from './refuse.ts';

/** Depth of the lists in `coordinates` per GeoJSON type (RFC 7946); 0 is a position. */
const depths = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
} as const;

const advice = 'Send a GeoJSON geometry, such as { "type": "Point", "coordinates": [13.4, 52.5] }';
const deepest = 16;

/** Checks a GeoJSON geometry and returns it unchanged. */
export function readGeometry(name: string, input: unknown): unknown {
  const problem = problemOf(input, 0);
  if (problem !== null) refuse(name, input, problem, advice);
  return input;
}

function problemOf(input: unknown, depth: number): string | null {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return 'it is not a GeoJSON object';
  const { type, coordinates, geometries } = input as Readonly<Record<string, unknown>>;
  if (type === 'GeometryCollection') {
    if (!Array.isArray(geometries)) return 'a GeometryCollection needs a list of geometries';
    if (depth >= deepest) return 'its collections are nested too deeply';
    return first(geometries, (item) => problemOf(item, depth + 1));
  }
  if (typeof type !== 'string' || !Object.hasOwn(depths, type)) {
    return `its type is none of ${[...Object.keys(depths), 'GeometryCollection'].join(', ')}`;
  }
  return coordinateProblem(type as keyof typeof depths, coordinates);
}

function coordinateProblem(type: keyof typeof depths, coordinates: unknown): string | null {
  if (!isNested(coordinates, depths[type])) return `its coordinates are not those of a ${type}`;
  const lines = type === 'LineString' ? [coordinates] : type === 'MultiLineString' ? coordinates : [];
  const polygons = type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : [];
  const short = first(lines as unknown[][], (line) =>
    line.length < 2 ? 'a line needs two positions' : null,
  );
  return short ?? first((polygons as unknown[][][]).flat(), ringProblem);
}

function ringProblem(ring: unknown[]): string | null {
  if (ring.length < 4) return 'a ring needs four positions';
  const [start, end] = [ring[0], ring.at(-1)] as [number[], number[]];
  const closed = start.length === end.length && start.every((number, index) => number === end[index]);
  return closed ? null : 'a ring must end where it starts';
}

function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value)) return false;
  if (depth > 0) return value.every((item) => isNested(item, depth - 1));
  return value.length >= 2 && value.length <= 4 && value.every(Number.isFinite);
}

function first<T>(items: readonly T[], problem: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = problem(item);
    if (found !== null) return found;
  }
  return null;
}
