/** Runs a command; prints an error on stderr and ends with exit code 1. */
export async function report(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.exitCode = 1;
    const { messageOf } = await import('./output.ts');
    console.error(messageOf(error));
  }
}
