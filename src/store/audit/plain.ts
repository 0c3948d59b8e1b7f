import { createHash } from 'node:crypto';

const maxDepth = 64;
/** Characters of JSON that a record keeps of the state before or after a change. */
const maxLength = 65_536;

/**
 * A copy that JSON can represent exactly, so that nothing keeps an event from being recorded. Values without a JSON
 * form become text, lone surrogates become U+FFFD, cycles and deep nesting are cut.
 */
export function plain(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : plainObject(value, depth);
    case 'undefined':
      return null;
    default:
      return String(value);
  }
}

function plainObject(value: object, depth: number): unknown {
  if (depth > maxDepth) return '[too deep]';
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return value.map((one) => plain(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [wellFormed(name), plain(inner, depth + 1)]),
  );
}

function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text;
}

/** The value, or its length and SHA-256 if it is too long. */
export function shortened(value: unknown): unknown {
  const text = JSON.stringify(value);
  if (text.length <= maxLength) return value;
  return { omitted: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}
