import { type Response, urqlDeltas } from '../../client/index.ts';

interface Result extends Response {
  readonly operation: { readonly key: number; readonly kind: string; readonly extensions?: unknown };
  readonly error?: { readonly message: string };
  readonly hasNext?: boolean;
}

const { onOperation, onResult } = urqlDeltas();
const operation = { key: 1, kind: 'subscription', extensions: { own: 1 } };
const first = { data: { value: 1 }, extensions: { delta: { revision: 1 } } };
const patch = (revision: number, value: number) => ({
  delta: { revision, patch: [{ op: 'replace', path: '/value', value }] },
});

/** The results of a subscription that is executed now, made as urql does: each has what the earlier ones had, too. */
function execution() {
  const asking = onOperation(operation);
  let last: Result = { operation: asking };
  return async (response: object): Promise<Result> => {
    last = { ...last, ...response };
    return onResult(last);
  };
}

test('the request asks for deltas, beside its own extensions', () => {
  const asking = onOperation(operation);
  expect(JSON.parse(JSON.stringify(asking))).toEqual({
    ...operation,
    extensions: { own: 1, delta: 'json-patch' },
  });
  expect(onOperation({ key: 1, kind: 'query' })).toEqual({ key: 1, kind: 'query' });
});

test('results that urql makes after a difference keep the data of that difference', async () => {
  const result = execution();
  expect(await result(first)).toMatchObject({ data: { value: 1 } });
  expect(await result({ extensions: patch(2, 2) })).toMatchObject({ data: { value: 2 } });
  const error = { message: 'no' };
  expect(await result({ error })).toMatchObject({ data: { value: 2 }, error });
  const end = await result({ hasNext: false });
  expect([end.data, end.extensions, end.hasNext]).toEqual([{ value: 2 }, undefined, false]);
});

test('a missing difference is an error of that subscription, and ends it', async () => {
  const result = execution();
  await result(first);
  const broken = await result({ extensions: patch(3, 3) });
  expect(broken).toMatchObject({ error: { name: 'CombinedError', graphQLErrors: [] }, hasNext: false });
  expect(broken.error!.message).toMatch(/^\[Network\] .* revision 2 /);
  expect(broken.data).toBeUndefined();
});

test('an operation that is executed again has its own revisions, while the first execution goes on', async () => {
  const [one, other] = [execution(), execution()];
  await one(first);
  expect(await one({ extensions: patch(2, 2) })).toMatchObject({ data: { value: 2 } });
  await other(first);
  expect(await other({ extensions: patch(2, 5) })).toMatchObject({ data: { value: 5 } });
  expect(await one({ extensions: patch(3, 3) })).toMatchObject({ data: { value: 3 } });
});
