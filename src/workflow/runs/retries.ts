import type { StepDefinition } from '../definition.ts';
import type { StepFailed } from '../failure.ts';
import { defaultBackOff, retryDelay } from '../jobs/index.ts';
import type { StepKind } from '../steps/step.ts';

/** The longest pause that whoever failed can ask for. */
const longestAskedMs = 24 * 3_600_000;

/** Milliseconds before the next attempt; `null`: there is none. */
export function pauseBefore(
  { retry }: StepDefinition,
  kind: StepKind,
  attempts: number,
  { failure, final, afterMs }: StepFailed,
): number | null {
  if (retry === undefined || final || attempts >= retry.attempts) return null;
  const isPassing =
    retry.codes === undefined
      ? (kind.isPassing?.(failure) ?? true)
      : retry.codes.some((code) => code === failure.code || code === classOf(failure.code));
  if (!isPassing) return null;
  return Math.max(retryDelay(attempts, { ...defaultBackOff, ...retry }), Math.min(afterMs, longestAskedMs));
}

/** `http-5xx` of `http-503`. */
const classOf = (code: string) => code.replace(/^(http-\d)\d\d$/, '$1xx');
