import { distance } from 'fastest-levenshtein';

/**
 * ` (did you mean "status"?)` for a name that is close to a known one, else nothing. Close means a third of its letters at
 * most, capitals aside, as a typing mistake leaves it.
 */
export function didYouMean(given: string, known: Iterable<string>): string {
  const wanted = given.toLowerCase();
  const most = Math.max(1, Math.round(given.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const name of known) {
    const far = distance(wanted, name.toLowerCase());
    if (far < least) [best, least] = [name, far];
  }
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}
