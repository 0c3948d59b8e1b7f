import { FozError } from './errors.ts';

/** The deepest nesting of a request's values, and of the brackets of a document. */
export const deepest = 500;

/** The error of a value or document that is nested too deeply. */
export function nestedTooDeeply(path = '$', what = 'A value'): FozError {
  return new FozError(
    'limit-exceeded',
    `${what} is nested more than ${deepest} levels deep: send one that is flatter.`,
    { path, details: { limit: deepest } },
  );
}

/** Throws FozError `limit-exceeded` for a value that is nested too deeply. */
export function checkNesting(value: unknown, path: string): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw nestedTooDeeply(path);
    const inner: unknown[] = [];
    for (const one of level)
      if (typeof one === 'object' && one !== null)
        for (const part of Array.isArray(one) ? one : Object.values(one))
          if (typeof part === 'object' && part !== null) inner.push(part);
    level = inner;
  }
}

/**
 * Matches brackets, which change the depth of a document, and the tokens in which brackets do not count: block
 * strings, strings, comments.
 */
const tokens = /[{[(]|[}\])]|"""(?:[^"\\]|\\"""|\\|"(?!""))*(?:"""|$)|"(?:[^"\\\n\r]|\\.)*"?|#[^\n\r]*/g;

/**
 * Throws FozError `limit-exceeded` for a GraphQL document whose brackets are nested too deeply. Parsers recurse, so
 * this comes first.
 */
export function checkDocumentNesting(document: string): void {
  // Each level has an opening and a closing bracket, so a short document cannot exceed the limit.
  if (document.length <= 2 * deepest) return;
  let depth = 0;
  for (const [token] of document.matchAll(tokens)) {
    const sign = token[0]!;
    if (sign === '{' || sign === '[' || sign === '(') {
      if (++depth > deepest) throw nestedTooDeeply('$', 'The document');
    } else if (sign === '}' || sign === ']' || sign === ')') depth--;
  }
}

/** Whether the stack was exhausted. This happens to input that is nested deeply in a way that no limit of its own covers. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack');
}
