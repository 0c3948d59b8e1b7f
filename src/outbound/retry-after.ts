/** Milliseconds of a header Retry-After: seconds, or a date of HTTP. 0 where it says neither. */
export function retryAfterMs(text: string | null, now: number): number {
  if (text === null) return 0;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
