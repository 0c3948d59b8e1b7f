import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { checkNesting, FozError, parseJson } from '../../core/index.ts';

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** A body that was refused, with the HTTP status. */
export class BodyRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Decompresses a body. Rejects with BodyRefused where it is longer than `most` bytes, or not what its header says. */
export async function decompressed(
  body: Buffer,
  encoding: string | undefined,
  most: number,
): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return body;
  if (!Object.hasOwn(decoders, name))
    throw new BodyRefused(415, `The content encoding ${JSON.stringify(name)} is not supported.`);
  try {
    return await decoders[name as keyof typeof decoders](body, { maxOutputLength: most });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new BodyRefused(413, `The decompressed body is longer than ${most} bytes.`);
    throw new BodyRefused(400, `The body is not ${name}.`);
  }
}

/** Reads a body by its content type: JSON with exact numbers, a form, multipart; texts as texts, other bytes as base64. Rejects with BodyRefused. */
export async function parsedBody(body: Buffer, contentType: string | undefined): Promise<unknown> {
  if (body.length === 0) return null;
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return json(body);
  if (type === 'application/x-www-form-urlencoded') {
    if (!isUtf8(body)) throw new BodyRefused(400, 'The form is not UTF-8.');
    return fields(new URLSearchParams(body.toString('utf8')));
  }
  if (type === 'multipart/form-data') return multipart(body, contentType!);
  if (isUtf8(body)) return body.toString('utf8');
  return body.toString('base64');
}

function json(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BodyRefused(400, 'The body is not JSON in UTF-8.');
  try {
    const value = parseJson(body.toString('utf8').replace(/^\uFEFF/, ''));
    checkNesting(value, 'the body');
    return value;
  } catch (error) {
    if (error instanceof FozError) throw new BodyRefused(400, error.message);
    throw new BodyRefused(400, `The body is no JSON: ${(error as Error).message}`);
  }
}

async function multipart(body: Buffer, type: string): Promise<unknown> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  } catch {
    throw new BodyRefused(400, 'The body is no multipart form.');
  }
  const entries: [string, unknown][] = [];
  for (const [name, value] of form)
    entries.push([
      name,
      typeof value === 'string'
        ? value
        : {
            ...{ name: value.name, type: value.type, size: value.size },
            base64: Buffer.from(await value.arrayBuffer()).toString('base64'),
          },
    ]);
  return fields(entries);
}

/** Fields as an object; a repeated one is a list. Names such as `__proto__` are properties like others. */
export function fields(entries: Iterable<readonly [string, unknown]>): Readonly<Record<string, unknown>> {
  const found = new Map<string, unknown[]>();
  for (const [name, value] of entries) {
    const known = found.get(name);
    if (known === undefined) found.set(name, [value]);
    else known.push(value);
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}
