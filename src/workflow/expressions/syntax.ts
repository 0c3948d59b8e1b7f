import jsonata from 'jsonata';
import { expressionsOf } from './templates.ts';

/** The faults of the expressions within a JSON value, with their places as JSON Pointers. */
export function faultsOf(
  value: unknown,
  place: string,
): { readonly place: string; readonly message: string }[] {
  return expressionsOf(value, place).flatMap(({ place: at, text }) => {
    try {
      jsonata(text);
      return [];
    } catch (error) {
      const { message = String(error), position } = error as { message?: string; position?: number };
      return [
        {
          place: at,
          message: `is no JSONata expression: ${message}${position === undefined ? '' : `, at character ${position}`}.`,
        },
      ];
    }
  });
}
