import './global-setup.ts';

/** Stops the servers that this run started. */
export default async function tearDown(): Promise<void> {
  await Promise.all((globalThis.fozTestServers ?? []).map((server) => server.stop()));
}
