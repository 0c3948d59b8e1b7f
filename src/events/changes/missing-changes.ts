import { FozError } from '../../core/index.ts';

const anew = 'Read the table again, and subscribe from then on.';

export function notKept(): FozError {
  return new FozError('not-found', `The changes behind this position are not kept any more. ${anew}`);
}

export function lostStream(): FozError {
  return new FozError(
    'unavailable',
    `The connection for reading changes was lost, and changes since then are not known. ${anew}`,
  );
}

export function replaced(): FozError {
  return new FozError(
    'not-found',
    `Rows of the table were removed or replaced as a whole (TRUNCATE). ${anew}`,
  );
}

export function reshaped(): FozError {
  return new FozError(
    'not-found',
    `Columns of the table were renamed, retyped or dropped, so changes from before are not sent any more. ${anew}`,
  );
}

export function unknownChange(): FozError {
  return new FozError('not-found', `The database has changed rows without reporting them. ${anew}`);
}

/** The error for tables whose changes the database does not report any more. */
export function notReported(): FozError {
  return new FozError(
    'not-supported',
    'The database does not report the changed rows of this table any more: "foz changes status" says why.',
  );
}

export function tooLarge(): FozError {
  return new FozError('limit-exceeded', `A transaction has more changes than are kept. ${anew}`);
}
