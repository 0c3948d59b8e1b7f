import type { RowKeys } from '../../plan/index.ts';
import { Part } from './json-parts.ts';
import { orderSteps, rowOrder } from './row-order.ts';

/**
 * The JSON Patch (RFC 6902) that changes one JSON text into another, as a JSON text. Rows are matched by their keys, other elements of
 * lists by their texts. The result has its members in the order of the new text.
 */
export function jsonPatch(before: string, after: string, keys: RowKeys | null): string {
  const patch = new Patch();
  patch.change(Part.of(before), Part.of(after), keys, '');
  return patch.text;
}

class Patch {
  readonly #operations: string[] = [];
  #length = 0;

  get text(): string {
    return `[${this.#operations.join(',')}]`;
  }

  /** Adds the operations that change a value, or the one that replaces it where that is shorter. `path`: escaped for JSON. */
  change(before: Part, after: Part, keys: RowKeys | null, path: string): void {
    const { text, kind } = after;
    if (before.text === text) return;
    const replaced = operation('replace', path, text);
    const [count, length] = [this.#operations.length, this.#length];
    if (before.kind === kind && kind !== 'scalar') {
      const isChanged =
        kind === 'list'
          ? this.#elements(before, after, keys, path)
          : this.#members(before, after, keys, path);
      if (isChanged && this.#length - length <= replaced.length + 1) return;
    }
    this.#operations.length = count;
    this.#length = length;
    this.#add(replaced);
  }

  #add(text: string): void {
    this.#operations.push(text);
    this.#length += text.length + 1;
  }

  /** Returns whether operations on members can lead to the new object. */
  #members(before: Part, after: Part, keys: RowKeys | null, path: string): boolean {
    const members = comparedMembers(before, after);
    if (members === null) return false;
    for (const name of members.removed) this.#add(operation('remove', `${path}/${escaped(name)}`));
    for (const [name, value] of members.present) {
      const old = members.old.get(name);
      if (old === undefined) this.#add(operation('add', `${path}/${escaped(name)}`, value.text));
      else if (old.text !== value.text)
        this.change(old, value, keys?.fields.get(name) ?? null, `${path}/${escaped(name)}`);
    }
    return true;
  }

  #elements(before: Part, after: Part, keys: RowKeys | null, path: string): true {
    const { same, old, present } = withoutEqualEnds(before.elements, after.elements);
    const key = keys?.key ?? null;
    const ids = key === null ? null : identities(key, old, present);
    const order = rowOrder(ids?.old ?? old.map(textOf), ids?.present ?? present.map(textOf));
    for (const step of orderSteps(order, old.length)) {
      const place = `${path}/${same + step.at}`;
      if (step.kind === 'remove') this.#add(operation('remove', place));
      else if (step.kind === 'add') this.#add(operation('add', place, present[step.index]!.text));
      else this.#add(`{"op":"move","from":"${path}/${same + step.from}","path":"${place}"}`);
    }
    const below = keys === null ? null : { key: null, fields: keys.fields };
    for (const [index, was] of order.was.entries())
      if (was >= 0) this.change(old[was]!, present[index]!, below, `${path}/${same + index}`);
    return true;
  }
}

function operation(op: 'add' | 'remove' | 'replace', path: string, value?: string): string {
  return `{"op":"${op}","path":"${path}"${value === undefined ? '' : `,"value":${value}`}}`;
}

/** A name as a part of a JSON pointer within a JSON text. */
function escaped(name: string): string {
  if (/^\w*$/.test(name)) return name;
  return JSON.stringify(name.replaceAll('~', '~0').replaceAll('/', '~1')).slice(1, -1);
}

const textOf = (part: Part): string => part.text;

/** Two lists without the elements that are equal at their starts (as many as `same`) and at their ends. */
function withoutEqualEnds(
  old: readonly Part[],
  present: readonly Part[],
): { readonly same: number; readonly old: readonly Part[]; readonly present: readonly Part[] } {
  const least = Math.min(old.length, present.length);
  let same = 0;
  while (same < least && old[same]!.text === present[same]!.text) same++;
  let end = 0;
  while (end < least - same && old.at(-1 - end)!.text === present.at(-1 - end)!.text) end++;
  return { same, old: old.slice(same, old.length - end), present: present.slice(same, present.length - end) };
}

/** The keys of old and new rows as texts; `null`: one has none. */
function identities(
  key: readonly (readonly string[])[],
  old: readonly Part[],
  present: readonly Part[],
): { readonly old: readonly string[]; readonly present: readonly string[] } | null {
  const all = [...old, ...present].map((row) => identityOf(key, row));
  if (all.includes(null)) return null;
  const texts = all as string[];
  return { old: texts.slice(0, old.length), present: texts.slice(old.length) };
}

function identityOf(key: readonly (readonly string[])[], row: Part): string | null {
  let identity = '';
  for (const path of key) {
    let part: Part | undefined = row;
    for (const name of path) part = part?.member(name);
    if (part === undefined) return null;
    identity += `${part.text},`;
  }
  return identity;
}

/** Names that libraries for JSON Patch refuse in paths, since writing them may change a prototype. */
const unsafeNames = ['__proto__', 'constructor', 'prototype'];

/**
 * The members of an object before and after, and those to remove. `null`: an object that operations on members cannot lead to. They add at the end,
 * so the members that are left must have their order, and names must be unique.
 */
function comparedMembers(before: Part, after: Part): ComparedMembers | null {
  const [members, newMembers] = [before.members, after.members];
  const [old, present] = [new Map(members), new Map(newMembers)];
  if (old.size < members.length || present.size < newMembers.length) return null;
  if (unsafeNames.some((name) => old.has(name) || present.has(name))) return null;
  const removed: string[] = [];
  let left = 0;
  for (const [name] of members) {
    if (!present.has(name)) removed.push(name);
    else if (newMembers[left++]![0] !== name) return null;
  }
  return { old, present, removed };
}

interface ComparedMembers {
  readonly old: ReadonlyMap<string, Part>;
  readonly present: ReadonlyMap<string, Part>;
  readonly removed: readonly string[];
}
