import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** Changes a document to contain `value`, keeping comments, blank lines and the order of what remains. */
export function mergeInto(document: Document, value: unknown): void {
  document.contents = merged(document, document.contents as Node | null, value);
}

function merged(document: Document, node: Node | null, value: unknown): Node {
  if (node !== null && isDeepStrictEqual(node.toJS(document), value)) return node;
  if (isMap(node) && isRecord(value)) return mergedMap(document, node, value);
  if (isSeq(node) && Array.isArray(value)) return mergedList(document, node, value);
  const made = document.createNode(value) as Node;
  if (node !== null) keepComments(node, made);
  return made;
}

function mergedMap(document: Document, map: YAMLMap, value: Readonly<Record<string, unknown>>): Node {
  map.items = map.items.filter((pair) => Object.hasOwn(value, keyOf(pair)));
  const known = new Map(map.items.map((pair) => [keyOf(pair), pair]));
  for (const [key, item] of Object.entries(value)) {
    const pair = known.get(key);
    if (pair === undefined) map.items.push(document.createPair(key, item) as Pair<unknown, unknown>);
    else pair.value = merged(document, (pair.value ?? null) as Node | null, item);
  }
  return map;
}

function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

/** Merges a list. An item keeps its comments if the new list has an equal one, or one with the same name or role. */
function mergedList(document: Document, list: YAMLSeq, values: readonly unknown[]): Node {
  const old = (list.items as Node[]).map((node) => ({
    node,
    value: node.toJS(document) as unknown,
    used: false,
  }));
  const take = (fits: (value: unknown) => boolean) => {
    const found = old.find((item) => !item.used && fits(item.value));
    if (found !== undefined) found.used = true;
    return found?.node;
  };
  const same = values.map((value) => take((other) => isDeepStrictEqual(other, value)));
  list.items = values.map((value, at) => {
    const name = identityOf(value);
    const node = same[at] ?? (name === undefined ? undefined : take((other) => identityOf(other) === name));
    return node === undefined ? (document.createNode(value) as Node) : merged(document, node, value);
  });
  return list;
}

function identityOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const name = value.name ?? value.role ?? value.role_name;
  return typeof name === 'string' ? name : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keepComments(from: Node, to: Node): void {
  to.commentBefore = from.commentBefore;
  to.comment = from.comment;
  to.spaceBefore = from.spaceBefore;
}
