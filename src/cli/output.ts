import { ConfigError, StoreTaken } from '../control/index.ts';
import { FozError, FozErrors } from '../core/index.ts';

/** What a command can do about a store that a server has open. */
const askIt = 'Or ask the Foz that has it open: add --endpoint URL.';

/** Runs a command; what goes wrong is told in plain words on stderr and ends with code 1. */
export async function report(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.exitCode = 1;
    console.error(messageOf(error));
  }
}

/** An error in words for a terminal; a stack only for what should not happen. `wayOut`: what can be done about a store that a server has open. */
export function messageOf(error: unknown, wayOut = askIt): string {
  if (error instanceof ConfigError || error instanceof FozErrors) return error.message;
  if (error instanceof StoreTaken) return `${error.message} ${wayOut}`;
  if (error instanceof FozError)
    return error.internal === undefined ? error.message : `${error.message}\n  ${error.internal}`;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return 'The port is in use: stop the other program, or choose another with --port.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Prints rows with their columns below each other; the first row is the heads. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    );
}
