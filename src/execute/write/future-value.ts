/** Stands for a value that an explained write would only get while it runs. The text names its origin. */
export class FutureValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const most = 3;

/** The origin of the future values in a parameter; `null`: it contains none. */
export function futureText(value: unknown): string | null {
  const found = new Set<string>();
  for (const part of [value].flat(2)) if (part instanceof FutureValue) found.add(part.text);
  if (found.size === 0) return null;
  const texts = [...found].slice(0, most);
  return found.size > most ? `${texts.join(', ')}, ...` : texts.join(', ');
}
