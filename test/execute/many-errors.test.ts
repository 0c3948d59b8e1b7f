import { type KeyDatabases, openDatabases } from '../conformance/remote-keys.ts';
import { attachment, roleEngine } from '../support/cases/instance.ts';
import { ask } from '../support/cases/run.ts';

describe('variables with very many errors', () => {
  let databases: KeyDatabases;
  beforeAll(async () => {
    databases = await openDatabases(new Map([['sqlite', 'create table item (id integer primary key);']]));
  });
  afterAll(() => databases.close());

  test('the last error says that there are more', async () => {
    const engine = await roleEngine(databases.connectors, attachment({ metadata: { tables: [] } }));
    const query = 'query ($ids: [Int!]) { item(where: {id: {_in: $ids}}) { id } }';
    const ids = Array.from({ length: 120 }, (_, at) => `no number ${at}`);
    const { errors } = JSON.parse(await ask(engine, { query, variables: { ids } })) as {
      errors: { message: string; extensions: object }[];
    };
    expect(errors).toHaveLength(101);
    expect(errors[100]).toMatchObject({
      message: 'A variable has more errors than these 100: correct them and send it again to see the others.',
      extensions: { path: '$.variableValues.ids', code: 'validation-failed' },
    });
  });
});
