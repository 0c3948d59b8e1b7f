const waiting: (() => void)[] = [];

/**
 * Resolves when it is the caller's turn to go on with long work. One caller goes on per round of the event loop, in the order
 * in which they asked, so that any number of them together hold up everybody else no longer than one alone.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
