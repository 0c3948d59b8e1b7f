import type { IncomingMessage } from 'node:http';

/** Why a request was refused before it was looked at. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The whole body, counted as it arrives. Rejects with Refusal 413 beyond the limit, 400 when the client goes away. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) {
    request.resume();
    return Promise.reject(tooLarge(limit));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', () =>
      reject(new Refusal(400, 'validation-failed', 'The request ended before its body was complete.')),
    );
    request.on('close', () => {
      if (!request.complete)
        reject(new Refusal(400, 'validation-failed', 'The request ended before its body was complete.'));
    });
  });
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, 'limit-exceeded', `The request body is larger than ${limit} bytes.`);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The JSON value of a body. Throws Refusal 415 for other content types, 400 for what is not UTF-8 or not JSON. */
export function parseBody(request: IncomingMessage, body: Buffer): unknown {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json')
    throw new Refusal(415, 'validation-failed', 'Send the operation as application/json.');
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw new Refusal(400, 'validation-failed', 'The request body is not JSON in UTF-8.');
  }
}
