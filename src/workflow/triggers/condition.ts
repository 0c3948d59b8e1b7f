import type { ChangeCondition } from '../../access/index.ts';
import type { RowRule } from '../../catalog/index.ts';

/** The rows before and after a change; `null`: there is none. */
export interface ChangedRow<Image> {
  readonly old: Image | null;
  readonly new: Image | null;
}

/** Judges rows by a rule, many at once. */
export type Judge<Image> = (images: readonly Image[], rule: RowRule) => Promise<readonly boolean[]>;

/** Which of the changes meet a condition. A condition on a row that is missing does not hold. */
export async function meeting<Image>(
  condition: ChangeCondition,
  changes: readonly ChangedRow<Image>[],
  judge: Judge<Image>,
): Promise<readonly boolean[]> {
  switch (condition.kind) {
    case 'row': {
      const { side, rule } = condition;
      const images = changes.flatMap((change) => (change[side] === null ? [] : [change[side] as Image]));
      const passed = await judge(images, rule);
      let at = 0;
      return changes.map((change) => (change[side] === null ? false : passed[at++]!));
    }
    case 'not':
      return (await meeting(condition.of, changes, judge)).map((holds) => !holds);
    default: {
      const parts: (readonly boolean[])[] = [];
      for (const part of condition.of) parts.push(await meeting(part, changes, judge));
      return changes.map((_, at) =>
        condition.kind === 'and' ? parts.every((part) => part[at]!) : parts.some((part) => part[at]!),
      );
    }
  }
}
