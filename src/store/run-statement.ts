/** Runs a statement with `?` for its values, on any connection to the store. */
export type RunStatement = (
  text: string,
  values: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;
