import type { RowKeys } from '../../plan/index.ts';
import { LookBudget, Part } from './json-parts.ts';
import { orderSteps, rowOrder } from './row-order.ts';

/** Most values of both texts that are looked at. Beyond them, the whole is replaced: finding the differences would delay other requests. */
const mostLooked = 80_000;

/** Finding the new place of an element takes about as long as looking at this many values. */
const matchCost = 3;

/** Objects with more members are replaced. Only documents have as many. */
const mostMembers = 5_000;

/**
 * The JSON Patch (RFC 6902) that changes one JSON text into another, as a JSON text. Rows are matched by their keys, other elements of
 * lists by their texts. The result has its members in the order of the new text.
 */
export function jsonPatch(before: string, after: string, keys: RowKeys | null): string {
  const budget = new LookBudget(mostLooked);
  const patch = new Patch(budget);
  patch.change(Part.of(before, budget), Part.of(after, budget), keys, '');
  return patch.text;
}

class Patch {
  readonly #budget: LookBudget;
  readonly #operations: string[] = [];
  #length = 0;
  /** The length at which replacing the value that is being compared, or one around it, is shorter. */
  #most = Number.POSITIVE_INFINITY;

  constructor(budget: LookBudget) {
    this.#budget = budget;
  }

  get text(): string {
    return `[${this.#operations.join(',')}]`;
  }

  /** Adds the operations that change a value, or the one that replaces it where that is shorter. `path`: escaped for JSON. */
  change(before: Part, after: Part, keys: RowKeys | null, path: string): void {
    const { text, kind } = after;
    if (before.text === text) return;
    const replaced = operation('replace', path, text);
    const [count, length, most] = [this.#operations.length, this.#length, this.#most];
    if (before.kind === kind && kind !== 'scalar') {
      this.#most = Math.min(most, length + replaced.length + 1);
      const isChanged =
        kind === 'list'
          ? this.#elements(before, after, keys, path)
          : this.#members(before, after, keys, path);
      const isShorter = isChanged && !this.#isFutile;
      this.#most = most;
      if (isShorter) return;
    }
    this.#operations.length = count;
    this.#length = length;
    this.#add(replaced);
  }

  /** Whether more operations are of no use, since a value around them will be replaced. */
  get #isFutile(): boolean {
    return this.#length > this.#most || this.#budget.isSpent;
  }

  #add(text: string): void {
    this.#operations.push(text);
    this.#length += text.length + 1;
  }

  /** Returns whether operations on members can lead to the new object. */
  #members(before: Part, after: Part, keys: RowKeys | null, path: string): boolean {
    const old = before.members;
    if (old.length > mostMembers) return false;
    const present = after.members;
    const members = this.#isFutile || present.length > mostMembers ? null : comparedMembers(old, present);
    if (members === null) return false;
    for (const name of members.removed) this.#add(operation('remove', `${path}/${escaped(name)}`));
    for (const [name, value] of members.present) {
      if (this.#isFutile) return false;
      const was = members.old.get(name);
      if (was === undefined) this.#add(operation('add', `${path}/${escaped(name)}`, value.text));
      else if (was.text !== value.text)
        this.change(was, value, keys?.fields.get(name) ?? null, `${path}/${escaped(name)}`);
    }
    return true;
  }

  #elements(before: Part, after: Part, keys: RowKeys | null, path: string): boolean {
    const { same, old, present } = withoutEqualEnds(before.elements, after.elements);
    this.#budget.take(matchCost * (old.length + present.length));
    if (this.#isFutile) return false;
    const key = keys?.key ?? null;
    const ids = key === null ? null : identities(key, old, present);
    const order = rowOrder(ids?.old ?? old.map(textOf), ids?.present ?? present.map(textOf));
    for (const step of orderSteps(order, old.length)) {
      if (this.#isFutile) return false;
      const place = `${path}/${same + step.at}`;
      if (step.kind === 'remove') this.#add(operation('remove', place));
      else if (step.kind === 'add') this.#add(operation('add', place, present[step.index]!.text));
      else this.#add(`{"op":"move","from":"${path}/${same + step.from}","path":"${place}"}`);
    }
    const below = keys === null ? null : { key: null, fields: keys.fields };
    for (const [index, was] of order.was.entries()) {
      if (this.#isFutile) return false;
      if (was >= 0) this.change(old[was]!, present[index]!, below, `${path}/${same + index}`);
    }
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

type Members = readonly (readonly [string, Part])[];

/**
 * The members of an object before and after, and those to remove. `null`: an object that operations on members cannot lead to. They add at the end,
 * so the members that are left must have their order, and names must be unique.
 */
function comparedMembers(members: Members, newMembers: Members): ComparedMembers | null {
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
