import { until } from './wait.ts';

/** Waits until Foz says that it has read its store, so that others than admins are let in, whatever its sources are. */
export async function untilRead({ url }: { readonly url: string }): Promise<void> {
  await until(async () => (await readiness(url)).store?.ready !== false, 50_000);
}

/** What `/readyz` answers. */
export async function readiness(url: string): Promise<{
  readonly status: string;
  readonly store: { readonly ready: boolean; readonly reason: string | null } | null;
}> {
  return (await fetch(`${url}readyz`)).json() as ReturnType<typeof readiness>;
}
