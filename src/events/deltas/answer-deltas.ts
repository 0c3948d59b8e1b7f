import { heapPart, textBytes } from '../../core/index.ts';
import type { EngineAnswer } from '../../execute/index.ts';
import type { RowKeys } from '../../plan/index.ts';
import { jsonPatch } from './json-patch.ts';

/** Longer answers are sent whole: comparing them would delay all other requests for milliseconds. */
const longestCompared = 512 * 1024;

/** Most earlier answers that a new one is compared with. Subscribers with an older one get the whole answer. */
const mostComparisons = 4;

/** The part of the budget that the answers of one caller may take, so that others have room, too. */
const callerShare = 1 / 4;

/** The differences between earlier answers and a new one. They do not keep the earlier ones in memory. */
interface Comparisons {
  /** How many earlier answers the new one was compared with. */
  count: number;
  /** By the earlier answer; `null`: a patch would not be shorter than the new one. */
  readonly patches: WeakMap<EngineAnswer, string | null>;
}

/**
 * The differences between answers, for all subscriptions of this process. Each is computed once, however many subscribers share it. The
 * answers that subscribers have are kept within a budget; those of slow subscribers are older than the present one.
 */
export class AnswerDeltas {
  readonly #onFailure: (error: unknown) => void;
  readonly #maxBytes: number;
  readonly #comparisons = new WeakMap<EngineAnswer, Comparisons>();
  /** For each answer the numbers of subscribers that have it, by caller. */
  readonly #holders = new Map<EngineAnswer, Map<string, number>>();
  /** Bytes of the answers that the subscribers of each caller have. One that several callers have counts for each. */
  readonly #callers = new Map<string, number>();
  #bytes = 0;

  /** `onFailure`: called when comparing two answers has failed. The new one is sent whole then. */
  constructor(onFailure: (error: unknown) => void, maxBytes = heapPart(1 / 16, 64 * 2 ** 20)) {
    this.#onFailure = onFailure;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the answers that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps an answer that a subscriber of a caller gets. Returns whether there is room for it; if so, `release` has to be called. */
  keep(answer: EngineAnswer, caller: string): boolean {
    const holders = this.#holders.get(answer) ?? new Map<string, number>();
    const count = holders.get(caller) ?? 0;
    if (count === 0) {
      const bytes = textBytes(answer.json);
      const ofCaller = (this.#callers.get(caller) ?? 0) + bytes;
      const ofAll = holders.size > 0 ? this.#bytes : this.#bytes + bytes;
      if (answer.json.length > longestCompared) return false;
      if (ofCaller > this.#maxBytes * callerShare || ofAll > this.#maxBytes) return false;
      this.#callers.set(caller, ofCaller);
      this.#bytes = ofAll;
      this.#holders.set(answer, holders);
    }
    holders.set(caller, count + 1);
    return true;
  }

  /** Called when a subscriber of a caller has another answer, or has left. */
  release(answer: EngineAnswer, caller: string): void {
    const holders = this.#holders.get(answer)!;
    const count = holders.get(caller)! - 1;
    if (count > 0) {
      holders.set(caller, count);
      return;
    }
    holders.delete(caller);
    const bytes = textBytes(answer.json);
    const ofCaller = this.#callers.get(caller)! - bytes;
    if (ofCaller > 0) this.#callers.set(caller, ofCaller);
    else this.#callers.delete(caller);
    if (holders.size > 0) return;
    this.#holders.delete(answer);
    this.#bytes -= bytes;
  }

  /** The JSON Patch from the `data` of one answer to that of another one; `null`: the whole answer is to be sent. */
  between(before: EngineAnswer, after: EngineAnswer, keys: RowKeys): string | null {
    const known = this.#comparisons.get(after) ?? { count: 0, patches: new WeakMap() };
    const found = known.patches.get(before);
    if (found !== undefined) return found;
    if (known.count >= mostComparisons || after.json.length > longestCompared) return null;
    const patch = this.#compared(before, after, keys);
    known.count++;
    known.patches.set(before, patch);
    this.#comparisons.set(after, known);
    return patch;
  }

  /** Never throws: a whole answer is right wherever a difference cannot be computed. */
  #compared(before: EngineAnswer, after: EngineAnswer, keys: RowKeys): string | null {
    try {
      const patch = jsonPatch(dataOf(before), dataOf(after), keys);
      return patch.length < after.json.length ? patch : null;
    } catch (error) {
      this.#onFailure(error);
      return null;
    }
  }
}

const start = '{"data":';

/** Whether an answer has data and nothing else, so that it can be sent as differences to another one. */
export function hasDataOnly({ json, errors, packed }: EngineAnswer): boolean {
  return errors.length === 0 && packed === undefined && json.startsWith(start);
}

function dataOf({ json }: EngineAnswer): string {
  return json.slice(start.length, -1);
}
