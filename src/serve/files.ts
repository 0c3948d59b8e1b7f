import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.png': 'image/png',
};

const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
].join('; ');

interface File {
  readonly body: Buffer;
  readonly tag: string;
}
const cache = new Map<string, File>();

/** Serves a built file; returns `false` if it does not exist. File names with a hash never change, so browsers may cache them for long. */
export async function serveFile(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<boolean> {
  const decoded = decodedPath(path);
  if (decoded === null) return false;
  const name = normalize(join(folder, path === '/' ? 'index.html' : decoded));
  if (!name.startsWith(normalize(folder) + sep)) return false;
  const file = await load(name);
  if (file === null) return false;
  const html = name.endsWith('.html');
  const headers: Record<string, string> = {
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    etag: file.tag,
    'cache-control': /-[\w-]{8,}\.\w+$/.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(html ? { 'content-security-policy': policy } : {}),
  };
  if (request.headers['if-none-match'] === file.tag) response.writeHead(304, headers).end();
  else
    response
      .writeHead(200, { ...headers, 'content-length': String(file.body.length) })
      .end(request.method === 'HEAD' ? undefined : file.body);
  return true;
}

/** `null`: the path has invalid percent-encoding. */
function decodedPath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

async function load(name: string): Promise<File | null> {
  const known = cache.get(name);
  if (known !== undefined) return known;
  try {
    const body = await readFile(name);
    const file = { body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
    cache.set(name, file);
    return file;
  } catch {
    return null;
  }
}
