import { url } from './server.ts';

/** Another program changes a row. */
export async function renameOrder(id: number, note: string | null): Promise<void> {
  const query =
    'mutation ($id: Int!, $note: String) { update_orders_by_pk(pk_columns: { id: $id }, _set: { note: $note }) { id } }';
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { id, note } }),
  });
  const { errors } = await response.json();
  if (errors !== undefined) throw new Error(errors[0].message);
}

/** Sees a row with its first note, then changes it, and expects one answer with the new note. Ends by putting the old one back. */
export async function seesChange(id: number, notes: AsyncIterable<string | null>): Promise<void> {
  const seen: (string | null)[] = [];
  for await (const note of notes) {
    seen.push(note);
    if (seen.length === 2) break;
    await renameOrder(id, 'changed');
  }
  if (seen[0] === 'changed' || seen[1] !== 'changed') throw new Error(`seen: ${JSON.stringify(seen)}`);
  await renameOrder(id, seen[0] ?? null);
}

/** The values that a function with a callback delivers, as an iterable that stops it at its end. */
export async function* iterated<T>(
  start: (next: (value: T) => void, fail: (error: unknown) => void) => () => void,
): AsyncGenerator<T> {
  const values: T[] = [];
  let failure: { readonly error: unknown } | null = null;
  let wake = () => {};
  const stop = start(
    (value) => {
      values.push(value);
      wake();
    },
    (error) => {
      failure = { error };
      wake();
    },
  );
  try {
    for (;;) {
      if (values.length > 0) yield values.shift()!;
      else if (failure !== null) throw (failure as { readonly error: unknown }).error;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    stop();
  }
}
