import { call } from './call.ts';
import { condition } from './condition.ts';
import { delay } from './delay.ts';
import { fail } from './fail.ts';
import { forEach } from './for-each.ts';
import { graphql } from './graphql.ts';
import { http } from './http.ts';
import { mail } from './mail.ts';
import { parallel } from './parallel.ts';
import { respond } from './respond.ts';
import { script } from './script.ts';
import { sql } from './sql.ts';
import type { StepKind } from './step.ts';
import { stop } from './stop.ts';
import { switchStep } from './switch.ts';
import { transaction } from './transaction.ts';
import { transform } from './transform.ts';
import { until } from './until.ts';
import { waitForSignal } from './wait-for.ts';
import { whileStep } from './while.ts';

/** All kinds of steps: a new one is a file and a line here. */
const kinds: readonly StepKind<never>[] = [
  call,
  condition,
  delay,
  fail,
  forEach,
  graphql,
  http,
  mail,
  parallel,
  respond,
  script,
  sql,
  stop,
  switchStep,
  transaction,
  transform,
  until,
  waitForSignal,
  whileStep,
];

export const stepKinds: ReadonlyMap<string, StepKind> = new Map(kinds.map((kind) => [kind.kind, kind]));
