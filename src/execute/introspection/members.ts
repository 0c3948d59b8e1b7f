import { flat, SmallCache } from './flat.ts';

/** The common properties of fields, arguments, input fields and enum values. */
interface Member {
  readonly name: string;
  readonly type?: unknown;
  readonly description?: string | null;
  readonly deprecationReason?: string | null;
  readonly defaultValue?: unknown;
  readonly args?: readonly unknown[];
}

/** One selected field of a member. */
export interface MemberEntry {
  /** Brace or comma, and the key. */
  readonly prefix: string;
  readonly text: (value: unknown) => string;
  /** Whether it is the name of the member. */
  readonly isName: boolean;
}

/** Whether the member has only a name and a type. */
function isPlain({ description, deprecationReason, defaultValue, args }: Member): boolean {
  return (
    (description === undefined || description === null) &&
    (deprecationReason === undefined || deprecationReason === null) &&
    defaultValue === undefined &&
    (args === undefined || args.length === 0)
  );
}

/**
 * Writes members. In a large graph most of them are columns with a few types, which appear in many object types. The text around the name is
 * therefore cached per type.
 */
export function memberText(entries: readonly MemberEntry[]): (value: unknown) => string {
  const around = new SmallCache<Around>();
  return (value) => {
    const member = value as Member;
    if (!isPlain(member)) {
      let all = '';
      for (const { prefix, text } of entries) all += prefix + text(member);
      return `${all}}`;
    }
    const known = around.get(member.type, () => ({ pieces: piecesOf(entries, member), uses: 0 }));
    // Flattening pays off only for types that many members have.
    if (++known.uses === 4) known.pieces = known.pieces.map(flat);
    const { pieces } = known;
    let all = pieces[0]!;
    // Names need no escapes: GraphQL allows letters, digits and underscores.
    for (let at = 1; at < pieces.length; at++) all += member.name + pieces[at]!;
    return all;
  };
}

interface Around {
  pieces: readonly string[];
  uses: number;
}

/** The text of a member, cut at the positions of its name. */
function piecesOf(entries: readonly MemberEntry[], member: Member): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const { prefix, text, isName } of entries) {
    piece += prefix;
    if (isName) {
      pieces.push(`${piece}"`);
      piece = '"';
    } else piece += text(member);
  }
  return [...pieces, `${piece}}`];
}
