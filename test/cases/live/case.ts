/** A write by a client of the database itself (`sql`), or through Foz (`mutation`). */
export type Write = { readonly sql: string } | { readonly mutation: string };

/** The writes of live cases, by who writes them and how. */
export type LiveWrite =
  | Write
  /** By a client of the database in another process. */
  | { readonly process: string }
  /** Through Foz, and refused. */
  | { readonly failing: string }
  | { readonly transaction: readonly string[]; readonly end: 'commit' | 'rollback' }
  /** In the other source. */
  | { readonly desk: string }
  /** Removes all rows of a table at once. */
  | { readonly truncate: string }
  /** One after another without a pause. Answers in between are allowed, one per interval. */
  | { readonly burst: readonly string[]; readonly by: 'client' | 'process' | 'foz' };

/** One live query: what is asked, what is written meanwhile, and the answers that must come; no others may. */
export interface LiveCase {
  readonly name: string;
  /** The role and its session variables; absent: an admin. */
  readonly as?: Readonly<Record<string, string>>;
  /** Rows that exist before: statements of the database under test. */
  readonly before?: readonly string[];
  readonly query: string;
  readonly variables?: object;
  readonly first: unknown;
  /**
   * `null`: the write changes nothing in the answer. The last write of a case has an answer: what should not have come would have come
   * before it.
   */
  readonly writes: readonly (readonly [write: LiveWrite, answer: unknown])[];
}

/** A subscription that must be refused, with a part of the message. */
export interface RefusedCase {
  readonly name: string;
  readonly as?: Readonly<Record<string, string>>;
  readonly query: string;
  readonly variables?: object;
  readonly message: string;
}

export const sql = (text: string): LiveWrite & Write => ({ sql: text });
export const byProcess = (text: string): LiveWrite => ({ process: text });
export const mutation = (text: string): LiveWrite & Write => ({ mutation: `mutation { ${text} }` });
export const commit = (...transaction: string[]): LiveWrite => ({ transaction, end: 'commit' });
export const rollback = (...transaction: string[]): LiveWrite => ({ transaction, end: 'rollback' });
export const desk = (text: string): LiveWrite => ({ desk: text });

/** The session of a role, with variables. */
export const role = (name: string, variables: Readonly<Record<string, string | number>> = {}) => ({
  'x-foz-role': name,
  ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [`x-foz-${key}`, String(value)])),
});

interface Person {
  readonly team: number;
  readonly name: string;
  readonly points?: number | null;
  readonly boss?: number;
  readonly city?: string;
}

/** The statement that inserts a person. */
export const person = (id: number, { team, name, points = 0, boss, city = 'oslo' }: Person) =>
  `insert into live_people (id, boss_id, team, name, points, city) values (${id}, ${boss ?? 'null'}, ${team}, '${name}', ${points}, '${city}')`;

/** The statement that changes a person. */
export const change = (id: number, set: string) => `update live_people set ${set} where id = ${id}`;

export const author = (id: number, name: string, country = 'DE') =>
  `insert into live_authors values (${id}, '${name}', '${country}')`;
export const book = (id: number, of: number, title: string, pages = 10) =>
  `insert into live_books values (${id}, ${of}, '${title}', ${pages})`;
export const books = (...titles: string[]) => ({ live_books: titles.map((title) => ({ title })) });
