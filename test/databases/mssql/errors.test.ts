import { RequestError } from 'tedious';
import { isEnding, isLost, toConnectError, toFozError } from '../../../src/databases/mssql/errors.ts';

function failed(number: number, message: string): RequestError {
  return Object.assign(new RequestError(message, 'EREQUEST'), { number });
}

describe('errors of SQL Server', () => {
  test.each([
    [
      2627,
      "Violation of UNIQUE KEY constraint 'tags_name_key'. Cannot insert duplicate key in object 'dbo.tags'. The duplicate key value is (a 'b').",
      { code: 'constraint-violation', details: { constraint: 'tags_name_key', table: 'tags' } },
    ],
    [
      2601,
      "Cannot insert duplicate key row in object 'dbo.payments' with unique index 'payments_reference_key'. The duplicate key value is (1).",
      { code: 'constraint-violation', details: { constraint: 'payments_reference_key', table: 'payments' } },
    ],
    [
      547,
      'The INSERT statement conflicted with the FOREIGN KEY constraint "orders_customer_id_fkey". The conflict occurred in database "shop", table "dbo.customers", column \'id\'.',
      {
        code: 'constraint-violation',
        details: { constraint: 'orders_customer_id_fkey', table: 'customers' },
      },
    ],
    [
      515,
      "Cannot insert the value NULL into column 'email', table 'shop.dbo.customers'; column does not allow nulls. INSERT fails.",
      { code: 'constraint-violation', details: { column: 'email' } },
    ],
    [1205, 'Transaction (Process ID 52) was deadlocked', { code: 'conflict' }],
    [3960, 'Snapshot isolation transaction aborted', { code: 'conflict' }],
    [3961, 'Snapshot isolation transaction failed', { code: 'conflict' }],
    [3609, 'The transaction ended in the trigger.', { code: 'constraint-violation' }],
    [8102, "Cannot update identity column 'id'.", { code: 'not-supported' }],
    [41368, 'Accessing memory optimized tables', { code: 'not-supported' }],
    [208, "Invalid object name 'x'.", { code: 'not-found' }],
    [207, "Invalid column name 'x'.", { code: 'not-found' }],
    [229, 'The SELECT permission was denied', { code: 'access-denied' }],
    [245, "Conversion failed when converting the varchar value 'secret'", { code: 'data-exception' }],
    [50001, 'of a trigger', { code: 'constraint-violation' }],
    [99, 'something', { code: 'unexpected' }],
  ])('%d', (number, message, expected) => {
    const error = toFozError(failed(number, message));
    expect(error).toMatchObject(expected);
    expect(error.internal).toContain(message);
    // Values are for logs only.
    expect(error.message).not.toMatch(/secret|duplicate key value/);
  });

  test('the number of several errors is found within the error of the driver', () => {
    const both = new AggregateError([failed(3621, 'The statement has been terminated.'), failed(2627, 'x')]);
    expect(toFozError(both)).toMatchObject({ code: 'constraint-violation' });
    expect(isLost(both)).toBe(false);
  });

  test('a lost connection is unavailable, and ends the connection', () => {
    const lost = new RequestError('socket hang up', 'ESOCKET');
    expect(toFozError(lost)).toMatchObject({ code: 'unavailable' });
    expect([isLost(lost), isEnding(lost)]).toEqual([true, true]);
  });

  test('whatever keeps from connecting makes the source unavailable', () => {
    for (const error of [failed(4060, 'Cannot open database'), failed(229, 'denied'), new Error('x')])
      expect(toConnectError(error).code).toBe('unavailable');
  });
});
