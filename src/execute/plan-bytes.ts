import type { DocumentNode } from 'graphql';
import { CacheBudget, heapPart, textBytes } from '../core/index.ts';
import type { InspectedPath } from '../plan/index.ts';

/**
 * Heap bytes of documents and plans: the largest values measured with twelve kinds of operations (many aliases, roots, conditions,
 * values, variables, aggregates, nested lists, fragments within fragments, one long text, one row by its key).
 */
const measured = {
  /** Each token of a parsed document, with its share of the nodes of the tree. */
  token: 300,
  /** A plan without its documents and statements. */
  plan: 8_000,
  /** Bytes of a plan for each token of its document. */
  planned: 50,
  /** Each character of a plan's statements, with its share of their parameters and row writers. */
  character: 4,
  /** Each path into the variables, without its text. */
  path: 100,
} as const;

/** A cache of plans of any number of engines, with the documents that they are made from. */
export function planBudget(maxBytes = heapPart(1 / 8, 256 * 2 ** 20)): CacheBudget {
  return new CacheBudget('plans', maxBytes);
}

/** Estimated heap bytes of a document with its text. */
export function documentBytes(document: DocumentNode, text: string): number {
  return textBytes(text) + measured.token * tokensOf(document, text);
}

/** Estimated heap bytes of a plan before its statements are compiled. */
export function planBytes(document: DocumentNode, text: string): number {
  return measured.plan + measured.planned * tokensOf(document, text);
}

/** Estimated heap bytes of paths into the variables. */
export function pathBytes(paths: readonly InspectedPath[]): number {
  return paths.reduce((sum, { text }) => sum + measured.path + 2 * textBytes(text), 0);
}

/** Estimated heap bytes of the compiled statements of a plan. */
export function statementBytes(characters: number): number {
  return measured.character * characters;
}

/** The number of tokens; a document without locations is assumed to have short ones. */
function tokensOf({ loc }: DocumentNode, text: string): number {
  if (loc === undefined) return text.length / 2;
  let tokens = 0;
  for (let token = loc.startToken; token !== null; token = token.next!) tokens++;
  return tokens;
}
