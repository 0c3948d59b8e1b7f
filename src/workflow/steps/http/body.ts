import { FozError } from '../../../core/index.ts';

/** The body of a request: one of these forms. */
export interface BodySetting {
  readonly json?: unknown;
  readonly form?: unknown;
  readonly multipart?: unknown;
  readonly raw?: { readonly type: string; readonly text?: unknown; readonly base64?: unknown };
}

/** A part of a multipart body: a value, or a file. */
interface Part {
  readonly name: string;
  readonly value?: unknown;
  readonly base64?: unknown;
  readonly filename?: string;
  readonly type?: string;
}

export interface EncodedBody {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** The JSON Schema of `BodySetting`. Expressions may stand for any value, so values are checked when the step runs. */
export const bodySchema = {
  type: 'object',
  properties: {
    json: {},
    form: {},
    multipart: {},
    raw: {
      type: 'object',
      properties: { type: { type: 'string', minLength: 1 }, text: {}, base64: {} },
      required: ['type'],
      minProperties: 2,
      maxProperties: 2,
      additionalProperties: false,
    },
  },
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
};

/** Encodes a body. Throws FozError `data-exception` for values of a wrong kind. */
export async function encodedBody({ json, form, multipart, raw }: BodySetting): Promise<EncodedBody> {
  if (raw !== undefined)
    return {
      type: raw.type,
      content: raw.base64 === undefined ? textOf(raw.text) : bytesOf(raw.base64, 'body.raw.base64'),
    };
  if (form !== undefined)
    return { type: 'application/x-www-form-urlencoded', content: pairsOf(form, 'body.form').toString() };
  if (multipart !== undefined) return multipartBody(multipart);
  return { type: 'application/json', content: JSON.stringify(json ?? null) };
}

/** Names and values of a query or a form. A list gives its name once per item, null gives none. */
export function pairsOf(value: unknown, what: string): URLSearchParams {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FozError('data-exception', `${what} must be an object of names and values.`);
  return new URLSearchParams(
    Object.entries(value).flatMap(([name, inner]) =>
      (Array.isArray(inner) ? inner : [inner])
        .filter((one) => one !== null && one !== undefined)
        .map((one) => [name, textOf(one)] as [string, string]),
    ),
  );
}

async function multipartBody(parts: unknown): Promise<EncodedBody> {
  if (!Array.isArray(parts)) throw new FozError('data-exception', 'body.multipart must be a list of parts.');
  const form = new FormData();
  for (const [index, part] of (parts as Part[]).entries()) {
    const { name, value, base64, filename, type = 'application/octet-stream' } = part ?? {};
    if (typeof name !== 'string')
      throw new FozError('data-exception', `body.multipart, part ${index}: it needs a name.`);
    if (base64 === undefined && filename === undefined) form.append(name, textOf(value));
    else {
      const content = base64 === undefined ? textOf(value) : bytesOf(base64, `body.multipart, part ${index}`);
      form.append(
        name,
        new Blob([content as string | Buffer<ArrayBuffer>], { type: String(type) }),
        String(filename ?? name),
      );
    }
  }
  const encoded = new Response(form);
  return { type: encoded.headers.get('content-type')!, content: new Uint8Array(await encoded.arrayBuffer()) };
}

/** A text as it is, other values as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The bytes of a Base64 text. Throws FozError `data-exception` for anything else. */
export function bytesOf(value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_\s-]*={0,2}\s*$/.test(value))
    throw new FozError('data-exception', `${what}: it is no Base64 text.`);
  return Buffer.from(value, 'base64');
}
