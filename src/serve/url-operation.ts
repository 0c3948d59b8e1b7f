import type { IncomingMessage } from 'node:http';
import { FozError, type ReadJson, readJson } from '../core/index.ts';
import { Refusal } from './body.ts';

/** The operation in the URL of a GET, as the body of a POST. */
export function operationOfUrl({ url = '/' }: IncomingMessage): {
  readonly body: unknown;
  readonly hasExact: boolean;
} {
  const search = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  const members: Record<string, unknown> = {};
  let hasExact = false;
  for (const name of ['query', 'documentId', 'operationName']) {
    const text = search.get(name);
    if (text !== null) members[name] = text;
  }
  for (const name of ['variables', 'extensions']) {
    const text = search.get(name) ?? '';
    if (text === '') continue;
    const read = readParameter(name, text);
    members[name] = read.value;
    hasExact ||= read.hasExact;
  }
  return { body: members, hasExact };
}

function readParameter(name: string, text: string): ReadJson {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof FozError) throw error;
    throw new Refusal(400, 'validation-failed', `The parameter "${name}" is not JSON.`);
  }
}
