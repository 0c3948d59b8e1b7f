import type { AllowedVariables } from '../../access/index.ts';
import type { ControlPlane } from '../../control/index.ts';
import { FozError } from '../../core/index.ts';
import type { SecretRef } from '../../workflow/index.ts';

/** Milliseconds that a secret of the store is kept in memory. A changed one holds after that. */
const keptMs = 5_000;

/** Reads the secrets of webhooks. Rejects with FozError where one is missing: such a call is refused. */
export function hookSecrets(
  secrets: ControlPlane['secrets'],
  variables: AllowedVariables,
  environment: NodeJS.ProcessEnv = process.env,
): (refs: readonly SecretRef[]) => Promise<readonly string[]> {
  const kept = new Map<string, { readonly at: number; readonly text: Promise<string> }>();
  const stored = (name: string): Promise<string> => {
    const known = kept.get(name);
    if (known !== undefined && performance.now() - known.at < keptMs) return known.text;
    const text = secrets.get(`hook/${name}`).then((value) => {
      if (value === undefined) throw missing(`The secret "${name}" is not in the store.`);
      return value.reveal();
    });
    text.catch(() => kept.delete(name));
    kept.set(name, { at: performance.now(), text });
    return text;
  };
  return (refs) =>
    Promise.all(
      refs.map((ref) => {
        if ('secret' in ref) return stored(ref.secret);
        const refusal = variables.refusal(ref.env);
        if (refusal !== null) throw missing(refusal);
        const text = Object.hasOwn(environment, ref.env) ? environment[ref.env] : undefined;
        if (text !== undefined && text !== '') return text;
        throw missing(`The environment variable ${ref.env} has no value.`);
      }),
    );
}

function missing(internal: string): FozError {
  return new FozError('unavailable', 'A secret of the webhook is missing.', { internal });
}
