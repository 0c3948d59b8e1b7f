/** The JSON texts of large values, so that they are not made anew for each expression. The values must not change. */
const texts = new WeakMap<object, string>();
/** A shorter text is made again as quickly. */
const shortestKept = 1_000;

/** Keeps the JSON text of a value that does not change any more. */
export function keepText(value: unknown, text: string): void {
  if (typeof value === 'object' && value !== null && text.length >= shortestKept) texts.set(value, text);
}

/** The JSON text of a scope. */
export function scopeText(scope: object): string {
  return objectText(scope, (name, value) =>
    name === 'steps' && typeof value === 'object' && value !== null
      ? objectText(value, (_, output) => textOf(output))
      : textOf(value),
  );
}

function objectText(value: object, inner: (name: string, value: unknown) => string | undefined): string {
  const members = Object.entries(value).flatMap(([name, one]) => {
    const text = inner(name, one);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join()}}`;
}

function textOf(value: unknown): string | undefined {
  const known = typeof value === 'object' && value !== null ? texts.get(value) : undefined;
  return known ?? JSON.stringify(value);
}
