import type { AgreedRow } from '../../store/index.ts';
import type { ConflictRule, SideName } from './definition.ts';
import type { Mapping, SideRow } from './mapping.ts';

/** The state of a key on both sides, and when they were last in step. */
export interface KeyState {
  readonly left: SideRow | null;
  readonly right: SideRow | null;
  /** `null`: there was no row. */
  readonly agreed: AgreedRow | null;
  /** For which side somebody has decided. */
  readonly resolution: SideName | null;
}

/** The decision about a key. */
export type Decision =
  /** Nothing has changed. */
  | { readonly kind: 'nothing' }
  /** Both sides are in step now, or their difference is not to be levelled. */
  | { readonly kind: 'agree' }
  /** The side gets the row of the other one, or loses it. */
  | { readonly kind: 'write'; readonly to: SideName }
  /** The left side gets these fields of the right one, which it has not changed itself. Then the right side gets the row. */
  | { readonly kind: 'merge'; readonly fields: ReadonlySet<number> }
  /** Somebody has to decide. */
  | { readonly kind: 'ask' };

export interface Rules {
  readonly isBoth: boolean;
  readonly conflict: ConflictRule;
  readonly mapping: Mapping;
  /** Of the rule `latest`: whether the left row is as new as the right one, or newer. */
  readonly isLeftNoEarlier: (left: SideRow, right: SideRow) => boolean;
}

/** Decides about one key. It depends on nothing but its arguments, so it decides the same after a crash. */
export function decide(state: KeyState, rules: Rules): Decision {
  return rules.isBoth ? decideBoth(state, rules) : decideRight(state, rules);
}

/** The right side follows the left one. Rows of the right side that never came from the left one are left alone. */
function decideRight({ left, right, agreed }: KeyState, { mapping }: Rules): Decision {
  if (left === null) {
    const wasThere = agreed !== null && agreed.left !== null;
    if (!wasThere) return { kind: 'nothing' };
    return right === null ? { kind: 'agree' } : { kind: 'write', to: 'right' };
  }
  if (right === null) return { kind: 'write', to: 'right' };
  // The right side may have stored what it was given in another way, as by rounding it or by a trigger.
  const isAsWritten = agreed !== null && left.print === agreed.left && right.print === agreed.right;
  if (!isAsWritten && !mapping.isHeld('left', left, right)) return { kind: 'write', to: 'right' };
  if (agreed === null) return { kind: 'agree' };
  // A row that was deleted on the left side and is there again may still be marked as deleted.
  return agreed.left === null ? { kind: 'write', to: 'right' } : { kind: 'nothing' };
}

function decideBoth(state: KeyState, rules: Rules): Decision {
  const { left, right } = state;
  const agreed = state.agreed ?? { left: null, right: null };
  const isLeftChanged = (left?.print ?? null) !== agreed.left;
  const isRightChanged = (right?.print ?? null) !== agreed.right;
  if (!isLeftChanged && !isRightChanged) return { kind: 'nothing' };
  if (left === null && right === null) return { kind: 'agree' };
  if (!isRightChanged) return { kind: 'write', to: 'right' };
  if (!isLeftChanged) return { kind: 'write', to: 'left' };
  if (left !== null && right !== null && rules.mapping.isHeld('left', left, right)) return { kind: 'agree' };
  if (state.resolution !== null) return towards(state.resolution);
  return ofConflict(left, right, agreed, rules);
}

/** The decision of the conflict rule on a row that was changed on both sides. A change is worth more than a delete, unless one side always wins. */
function ofConflict(
  left: SideRow | null,
  right: SideRow | null,
  agreed: Pick<AgreedRow, 'left' | 'right'>,
  { conflict, mapping, isLeftNoEarlier }: Rules,
): Decision {
  switch (conflict.rule) {
    case 'left':
    case 'right':
      return towards(conflict.rule);
    case 'ask':
      return { kind: 'ask' };
    case 'latest':
      if (left === null || right === null) return towards(left === null ? 'right' : 'left');
      return towards(isLeftNoEarlier(left, right) ? 'left' : 'right');
    case 'fields': {
      if (left === null || right === null) return towards(left === null ? 'right' : 'left');
      const ofLeft = mapping.changedFields(left, agreed.left);
      const fields = new Set(
        [...mapping.changedFields(right, agreed.right)].filter(
          (at) => conflict.prefer === 'right' || !ofLeft.has(at),
        ),
      );
      return { kind: 'merge', fields };
    }
  }
}

/** The decision by which a side wins. */
function towards(winner: SideName): Decision {
  return { kind: 'write', to: winner === 'left' ? 'right' : 'left' };
}
