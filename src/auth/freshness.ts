/** Headers of an answer, by names in lower case. */
type AnswerHeaders = ReadonlyMap<string, string>;

/** Milliseconds that an answer may be cached by its Cache-Control or Expires; 0: not at all; `undefined`: it does not say. */
export function freshnessOf(headers: AnswerHeaders, now: number): number | undefined {
  const control = headers.get('cache-control')?.toLowerCase();
  if (control !== undefined) {
    const directives = control.split(',').map((part) => part.trim());
    if (directives.some((part) => part === 'no-store' || part === 'no-cache')) return 0;
    const age = directives.map((part) => /^(?:s-)?max-?age="?(\d{1,10})"?$/.exec(part)?.[1]).find(Boolean);
    if (age !== undefined) return Math.max(0, Number(age) - ageOf(headers)) * 1000;
  }
  const expires = headers.get('expires');
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/** Seconds that the answer has spent in caches already (`Age`). */
function ageOf(headers: AnswerHeaders): number {
  const age = headers.get('age');
  return age !== undefined && /^\d{1,10}$/.test(age) ? Number(age) : 0;
}
