/** Options of a derived sequence. */
export interface Derivation<A, B> {
  readonly map: (value: A) => B | Promise<B>;
  /** Called once, when the sequence ends: there are no more values, reading them failed, or the reader has left. */
  readonly onEnd?: () => void;
  /** A further value after all others, for a reader that has not left; `null`: none. */
  readonly last?: () => B | null;
}

/** The values of an iterator, each changed by `map`. Unlike a generator, the result ends at once when `return` is called while a value is awaited. */
export function derived<A, B>(
  iterator: AsyncIterator<A, undefined>,
  { map, onEnd, last }: Derivation<A, B>,
): AsyncIterableIterator<B, undefined> {
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    onEnd?.();
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await iterator.next().catch((error: unknown) => {
        end();
        throw error;
      });
      if (result.done !== true) return { value: await map(result.value), done: false };
      const value = isOver ? null : (last?.() ?? null);
      end();
      return value === null ? result : { value, done: false };
    },
    async return() {
      end();
      await iterator.return?.();
      return { value: undefined, done: true };
    },
  };
}
