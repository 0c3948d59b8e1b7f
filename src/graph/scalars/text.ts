import { GraphQLError } from 'graphql';
import { refuse } from './refuse.ts';

/** NUL, or half of a surrogate pair. */
const unstorable = /[\0\uD800-\uDFFF]/u;

/**
 * The reason why databases cannot store a text: the character NUL, or half of a surrogate pair. `null`: they can.
 * The reason continues a sentence that names the text.
 */
export function textProblem(text: string): string | null {
  const at = text.search(unstorable);
  if (at < 0) return null;
  return text.charCodeAt(at) === 0
    ? `it has the character NUL (U+0000) at position ${at}, which databases cannot store. Remove it`
    : `it has half of a surrogate pair at position ${at}, so it is not Unicode. Send the whole character`;
}

/**
 * Returns the text if databases can store it, else throws GraphQLError. GraphQL's own `String` has no such check, so
 * every reader of a `String` for a column must call this.
 */
export function checkText(text: string, name = 'String'): string {
  const problem = textProblem(text);
  if (problem !== null) throw new GraphQLError(`${name} cannot hold this text: ${problem}.`);
  return text;
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

/** Reads a UUID. Returns it in lower case with hyphens; the input may have no hyphens at all. */
export function readUuid(name: string, input: unknown): string {
  const advice = 'Send 32 hexadecimal digits, such as "6f1e5a8c-0b7d-4c3a-9e52-1d2f3a4b5c6d"';
  if (typeof input !== 'string') refuse(name, input, 'it is not text', advice);
  const text = input.toLowerCase();
  if (!uuid.test(text) || (text.length !== 36 && text.length !== 32)) {
    refuse(name, input, 'it is not a UUID', advice);
  }
  if (text.length === 36) return text;
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, index) => text.slice(cuts[index], end))
    .join('-');
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Reads base64. Returns it with padding; the URL alphabet and missing padding are accepted. */
export function readBytes(name: string, input: unknown): string {
  const advice = 'Send base64, such as "SGVsbG8="';
  if (typeof input !== 'string') refuse(name, input, 'it is not text', advice);
  if (!base64.test(input)) refuse(name, input, 'it has characters that base64 does not have', advice);
  const digits = input.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const padded = digits.padEnd(Math.ceil(digits.length / 4) * 4, '=');
  const whole = digits.length % 4 !== 1 && (input.length === digits.length || input.length === padded.length);
  if (!whole) refuse(name, input, 'it ends in the middle of a byte', advice);
  return padded;
}
