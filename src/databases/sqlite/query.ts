/** Runs one statement and hands back its rows. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly (readonly unknown[])[]>;
