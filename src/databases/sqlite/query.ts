/** Runs one statement and returns its rows. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly (readonly unknown[])[]>;
