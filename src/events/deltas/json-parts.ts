/** Objects and lists that are nested more deeply are not divided any further. */
const mostLevels = 64;

/** A text with more objects and lists is not divided at all. */
const mostContainers = 20_000;

/** Counts the values that are looked at, so that comparing two texts takes a bounded time whatever is in them. */
export class LookBudget {
  #left: number;

  constructor(values: number) {
    this.#left = values;
  }

  get isSpent(): boolean {
    return this.#left <= 0;
  }

  take(values = 1): void {
    this.#left -= values;
  }
}

/** The objects and lists of a JSON text, each before those in it. */
interface Containers {
  readonly json: string;
  readonly budget: LookBudget;
  readonly starts: number[];
  readonly ends: number[];
  /** For each one the index of the first one after its end. */
  readonly nexts: number[];
}

/**
 * A value within a JSON text, which must be well-formed. Values are compared and copied as texts, so numbers keep all their digits. Only
 * the places of objects and lists are stored; parts are made for the values that are looked at.
 */
export class Part {
  readonly #all: Containers;
  readonly #start: number;
  readonly #end: number;
  /** The index among the objects and lists; `null`: it is not divided. */
  readonly #index: number | null;

  private constructor(all: Containers, start: number, end: number, index: number | null) {
    this.#all = all;
    this.#start = start;
    this.#end = end;
    this.#index = index;
  }

  /** The whole text, which is an object or a list. Once the budget is spent, lists and objects seem to be shorter than they are. */
  static of(json: string, budget: LookBudget): Part {
    const all = containersOf(json, budget);
    if (all.starts.length > mostContainers) return new Part(all, 0, json.length, null);
    return new Part(all, all.starts[0]!, all.ends[0]!, 0);
  }

  get text(): string {
    return this.#all.json.slice(this.#start, this.#end);
  }

  /** `scalar`: also an object or a list that is nested too deeply. */
  get kind(): 'object' | 'list' | 'scalar' {
    if (this.#index === null) return 'scalar';
    return this.#all.json.charCodeAt(this.#start) === openBrace ? 'object' : 'list';
  }

  /** The elements of a list. */
  get elements(): Part[] {
    const elements: Part[] = [];
    this.#visit((_, value) => {
      elements.push(value);
      return false;
    });
    return elements;
  }

  /** The members of an object. */
  get members(): (readonly [string, Part])[] {
    const { json } = this.#all;
    const members: (readonly [string, Part])[] = [];
    this.#visit((start, value) => {
      const name = json.slice(start, endOfString(json, start));
      members.push([name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1), value]);
      return false;
    });
    return members;
  }

  /** The value of a member whose name needs no escapes. */
  member(name: string): Part | undefined {
    const { json } = this.#all;
    let found: Part | undefined;
    if (this.kind === 'object')
      this.#visit((start, value) => {
        if (json.startsWith(name, start + 1) && json[start + 1 + name.length] === '"') found = value;
        return found !== undefined;
      });
    return found;
  }

  /** Calls back with each value, and where the name of an object's member begins, until the callback returns true. */
  #visit(found: (name: number, value: Part) => boolean): void {
    if (this.#index === null) return;
    const { json, budget, starts, ends, nexts } = this.#all;
    const isObject = this.kind === 'object';
    let next = this.#index + 1;
    for (let at = afterSpace(json, this.#start + 1); at < this.#end - 1 && !budget.isSpent; ) {
      budget.take();
      const name = at;
      if (isObject) at = afterSpace(json, afterSpace(json, endOfString(json, at)) + 1);
      const isDivided = starts[next] === at;
      const end = isDivided ? ends[next]! : endOfValue(json, at);
      if (found(name, new Part(this.#all, at, end, isDivided ? next : null)) === true) return;
      if (isDivided) next = nexts[next]!;
      at = afterSpace(json, end);
      if (json.charCodeAt(at) === comma) at = afterSpace(json, at + 1);
    }
  }
}

const quote = 34;
const comma = 44;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

function containersOf(json: string, budget: LookBudget): Containers {
  const starts: number[] = [];
  const ends: number[] = [];
  const nexts: number[] = [];
  const open: number[] = [];
  let depth = 0;
  for (let at = 0; at < json.length && starts.length <= mostContainers; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfString(json, at) - 1;
    else if (code === openBrace || code === openBracket) {
      if (depth++ >= mostLevels) continue;
      budget.take();
      open.push(starts.length);
      starts.push(at);
      ends.push(0);
      nexts.push(0);
    } else if (code === closeBrace || code === closeBracket) {
      if (--depth >= mostLevels) continue;
      const index = open.pop()!;
      ends[index] = at + 1;
      nexts[index] = starts.length;
    }
  }
  return { json, budget, starts, ends, nexts };
}

/** The end of a scalar, or of an object or list that is not divided. */
function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === quote) return endOfString(json, start);
  let at = start;
  if (first !== openBrace && first !== openBracket) {
    while (at < json.length && !endsScalar(json.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  do {
    const code = json.charCodeAt(at);
    if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) depth--;
    at = code === quote ? endOfString(json, at) : at + 1;
  } while (depth > 0);
  return at;
}

function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === backslash) before--;
    if ((end - before) % 2 === 0) return end + 1;
  }
}

function afterSpace(json: string, start: number): number {
  let at = start;
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function endsScalar(code: number): boolean {
  return code === comma || code === closeBracket || code === closeBrace || isSpace(code);
}
