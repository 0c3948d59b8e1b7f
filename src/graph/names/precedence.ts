import type { Table } from '../../catalog/index.ts';
import { spellName } from './identifier.ts';
import { wantedName } from './style.ts';

/** A rule of precedence between two tables that want the same name. The first rule that decides counts. */
interface Precedence {
  /** The reason in words, for messages. */
  readonly why: string;
  /** Below 0: `a` takes precedence. */
  readonly compare: (a: Table, b: Table) => number;
}

const earlier = 'it was named earlier';

/**
 * The rules of precedence. None depends on the order of the configuration file or of the catalog, so that processes
 * without shared state decide alike.
 */
const rules: readonly Precedence[] = [
  { why: 'a custom_name goes first', compare: first((table) => table.customName !== null) },
  { why: earlier, compare: first((table) => table.keptName !== null) },
  {
    why: 'a name that GraphQL can spell goes first',
    compare: first((table) => spellName(table.name) === table.name),
  },
  { why: 'the shorter name goes first', compare: (a, b) => wantedName(a).length - wantedName(b).length },
  { why: 'sources go by their names', compare: byText((table) => table.source.name) },
  {
    why: 'the default namespace goes first',
    compare: first(({ namespace, source }) => namespace === null || namespace === source.defaultNamespace),
  },
  { why: 'namespaces go by their names', compare: byText((table) => table.namespace ?? '') },
  { why: 'tables go by their names', compare: byText((table) => table.name) },
];

/** Compares tables by precedence: the lower one keeps a contested name. */
export function comparePrecedence(a: Table, b: Table): number {
  for (const { compare } of rules) {
    const order = compare(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

/** Why `holder` has a name that `other` wants. */
export function precedenceReason(holder: Table, other: Table): string {
  const deciding = rules.find((rule) => rule.why !== earlier && rule.compare(holder, other) !== 0);
  return deciding !== undefined && deciding.compare(holder, other) < 0 ? deciding.why : earlier;
}

function first(has: (table: Table) => boolean): Precedence['compare'] {
  return (a, b) => Number(has(b)) - Number(has(a));
}

function byText(textOf: (table: Table) => string): Precedence['compare'] {
  return (a, b) => {
    const [one, other] = [textOf(a), textOf(b)];
    return one === other ? 0 : one < other ? -1 : 1;
  };
}
