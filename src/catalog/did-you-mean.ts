import { distance } from 'fastest-levenshtein';

/**
 * ` (did you mean "status"?)` for a name that is close to a known one, else an empty text. Close means that at most
 * a third of its letters differ, ignoring case.
 */
export function didYouMean(given: string, known: Iterable<string>): string {
  const best = nearest(given, known);
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** The known name that is closest to a given one; `undefined`: none is close. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase();
  const most = Math.max(1, Math.round(given.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const name of known) {
    const far = distance(wanted, name.toLowerCase());
    if (far < least) [best, least] = [name, far];
  }
  return best;
}
