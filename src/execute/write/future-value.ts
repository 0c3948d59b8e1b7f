/** A value that is not there yet while a write is only told of: where it will come from, in words. */
export class FutureValue {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const most = 3;

/** Where the values of a parameter that was made on the way come from; `null`: all of them are there already. */
export function futureText(value: unknown): string | null {
  const found = new Set<string>();
  for (const part of [value].flat(2)) if (part instanceof FutureValue) found.add(part.text);
  if (found.size === 0) return null;
  const texts = [...found].slice(0, most);
  return found.size > most ? `${texts.join(', ')}, ...` : texts.join(', ');
}
