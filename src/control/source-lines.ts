import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** The bundled command (`scripts/bundle.mjs`), seen from the place of this file in the build. */
const bundle = new URL('../../command/', import.meta.url).href;
const position = /[^\s"'()]*\/dist\/command\/([\w-]+\.js):(\d+):(\d+)/g;

/** Milliseconds that a source map stays in memory after the first error that needed it. */
const keptMs = 60_000;
const maps = new Map<string, SourceMap | null>();

/**
 * Replaces positions in the bundle by those of the sources, in the stack traces of a text. The maps are read only when an error is printed:
 * Node's own support would read all of them at every start, and make every error slower.
 */
export function withSourceLines(text: string, folder = bundle): string {
  if (!text.includes('/dist/command/')) return text;
  return text.replace(position, (found, file: string, line: string, column: string) => {
    const map = new URL(`${file}.map`, folder);
    const origin = mapAt(map)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (origin === undefined || !('originalSource' in origin)) return found;
    const source = new URL(origin.originalSource, map).href;
    return `${source}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}

function mapAt(place: URL): SourceMap | null {
  const known = maps.get(place.href);
  if (known !== undefined) return known;
  if (maps.size === 0) setTimeout(() => maps.clear(), keptMs).unref();
  const map = readMap(place);
  maps.set(place.href, map);
  return map;
}

function readMap(place: URL): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(place, 'utf8')));
  } catch {
    return null;
  }
}
