/** Settings with the names of the configuration file: `idleMs` becomes `idle_ms`. null becomes undefined. */
export function asConfigured(value: unknown): unknown {
  return respelled(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** Converts settings to the spelling of the control API. The reverse of `asConfigured`. */
export function asGraphql(value: unknown): unknown {
  return respelled(value, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function respelled(value: unknown, spell: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => respelled(item, spell));
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [spell(name), respelled(inner ?? undefined, spell)]),
  );
}
