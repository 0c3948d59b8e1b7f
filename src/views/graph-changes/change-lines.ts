import type { GraphChange } from './change.ts';

type ChangeLine = Pick<GraphChange, 'severity' | 'change' | 'what' | 'text' | 'follows'>;

const marks = { added: '+', removed: '-', changed: '~' } as const;

/** Changes for people, breaking ones first: one line for each that follows from no other, at most so many. */
export function linesOf(changes: readonly ChangeLine[], most = Number.POSITIVE_INFINITY): string[] {
  const following = new Map<string, ChangeLine[]>();
  const heads = changes.filter(({ follows }) => follows === null);
  const known = new Set(heads.map(({ what }) => what));
  for (const change of changes) {
    if (change.follows === null) continue;
    if (known.has(change.follows))
      following.set(change.follows, [...(following.get(change.follows) ?? []), change]);
    else heads.push(change);
  }
  const lines = heads.map((head) => {
    const rest = following.get(head.what) ?? [];
    const isBreaking = [head, ...rest].some(({ severity }) => severity === 'breaking');
    const more =
      rest.length === 0
        ? ''
        : ` (and ${rest.length} more that ${rest.length === 1 ? 'follows' : 'follow'} from it)`;
    return { isBreaking, text: `${marks[head.change]} ${head.text.replace(/\.$/, '')}${more}` };
  });
  const ordered = [...lines.filter((one) => one.isBreaking), ...lines.filter((one) => !one.isBreaking)];
  const shown = ordered
    .slice(0, most)
    .map(({ isBreaking, text }) => (isBreaking ? `${text}  [breaking]` : text));
  const left = ordered.length - shown.length;
  return left === 0 ? shown : [...shown, `... and ${left} more`];
}
