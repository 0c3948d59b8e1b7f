/** The values of an iterator, each changed by `map`. Unlike a generator it ends at once when `return` is called while a value is awaited. */
export function mapped<A, B>(
  iterator: AsyncIterator<A, undefined>,
  map: (value: A) => Promise<B>,
): AsyncIterableIterator<B, undefined> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const { value, done } = await iterator.next();
      return done === true ? { value: undefined, done } : { value: await map(value), done: false };
    },
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
  };
}
