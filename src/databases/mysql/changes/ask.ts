/** Runs a query on a connection, and returns its rows. Rejects with the error of the connection's owner. */
export type Ask = (text: string) => Promise<readonly (readonly unknown[])[]>;

/** Settings of the server by name. */
export type Variables = ReadonlyMap<string, string>;
