/** Resolves after `ms`. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until the condition holds; fails the test after `ms`. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const latest = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > latest) throw new Error(`Not so within ${ms} ms: ${holds}`);
    await pause(20);
  }
}
