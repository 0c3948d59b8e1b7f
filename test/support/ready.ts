import { until } from './wait.ts';

/**
 * Waits until Foz reports that it has read its store, so that roles other than admin are accepted. The sources may be
 * in any state.
 */
export async function untilRead({ url }: { readonly url: string }): Promise<void> {
  await until(async () => (await readiness(url)).store?.ready !== false, 50_000);
}

/** The answer of `/readyz`. */
export async function readiness(url: string): Promise<{
  readonly status: string;
  readonly store: { readonly ready: boolean; readonly reason: string | null } | null;
}> {
  return (await fetch(`${url}readyz`)).json() as ReturnType<typeof readiness>;
}
