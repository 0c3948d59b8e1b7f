import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { didYouMean } from '../../catalog/index.ts';
import { faultsOf } from '../expressions/index.ts';
import type { WorkflowFault } from '../runs/check.ts';
import type { ColumnPair, SyncDefinition } from './definition.ts';
import schema from './sync-schema.ts';

let validate: ValidateFunction | undefined;

/** All faults of a definition that show without the tables, with their places as JSON Pointers. */
export function syncFaults(definition: unknown): readonly WorkflowFault[] {
  validate ??= new Ajv2020({
    ...{ allErrors: true, strict: false, verbose: true, allowUnionTypes: true },
  }).compile(schema);
  if (!validate(definition))
    return validate
      .errors!.filter(({ keyword }) => keyword !== 'anyOf')
      .map((error) => ({ place: error.instancePath, message: messageOf(error) }));
  return meaningFaults(definition as SyncDefinition);
}

function messageOf({ keyword, message, params, parentSchema, data }: ErrorObject): string {
  const unknown = params.additionalProperty;
  if (unknown !== undefined)
    return `has no setting "${unknown}"${didYouMean(unknown, Object.keys(parentSchema?.properties ?? {}))}.`;
  if (keyword === 'required') return `needs "${params.missingProperty}".`;
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as unknown[]).map(String);
    return `must be one of ${allowed.join(', ')}${didYouMean(String(data), allowed)}.`;
  }
  return `${message}.`;
}

function meaningFaults({
  direction = 'to_right',
  columns,
  conflict,
  deletes,
}: SyncDefinition): WorkflowFault[] {
  const faults: WorkflowFault[] = [];
  const fault = (place: string, message: string) => faults.push({ place, message });
  for (const [index, pair] of columns.entries())
    if (typeof pair !== 'string') faults.push(...pairFaults(pair, `/columns/${index}`, direction));
  if (conflict !== undefined) {
    if (direction === 'to_right')
      fault('/conflict', 'is for the direction both: with to_right the left side always wins.');
    const { rule } = conflict;
    const given = Object.keys(conflict).filter((name) => name !== 'rule');
    const wanted = rule === 'latest' ? ['left', 'right'] : [];
    for (const name of wanted)
      if (!given.includes(name))
        fault('/conflict', `needs "${name}": the column of the ${name} side that tells which row is newer.`);
    const allowed = rule === 'fields' ? ['prefer'] : wanted;
    for (const name of given)
      if (!allowed.includes(name)) fault(`/conflict/${name}`, `is no setting of the rule ${rule}.`);
  }
  if (typeof deletes === 'object') {
    const needed = direction === 'both' ? (['left', 'right'] as const) : (['right'] as const);
    for (const side of needed)
      if (deletes.mark[side] === undefined)
        fault('/deletes/mark', `needs "${side}": the column that marks its rows.`);
    if (direction === 'to_right' && deletes.mark.left !== undefined)
      fault('/deletes/mark/left', 'is for the direction both: nothing is written to the left side.');
  }
  return faults;
}

function pairFaults(
  { left, right, to_right: toRight, to_left: toLeft }: ColumnPair,
  place: string,
  direction: SyncDefinition['direction'],
): WorkflowFault[] {
  const faults: WorkflowFault[] = [
    ...faultsOf(toRight, `${place}/to_right`),
    ...faultsOf(toLeft, `${place}/to_left`),
  ];
  const fault = (at: string, message: string) => faults.push({ place: `${place}${at}`, message });
  if (left === undefined && right === undefined) fault('', 'needs a column: "left", "right" or both.');
  if (toRight !== undefined && right === undefined)
    fault('/to_right', 'needs "right", the column that it is written to.');
  if (toLeft !== undefined && left === undefined)
    fault('/to_left', 'needs "left", the column that it is written to.');
  if (toLeft !== undefined && direction !== 'both')
    fault('/to_left', 'is for the direction both: nothing is written to the left side.');
  if (left === undefined && right !== undefined && toRight === undefined)
    fault('', 'needs "left" or "to_right", which say where its value comes from.');
  if (right === undefined && left !== undefined && toLeft === undefined)
    fault('', 'needs "right" or "to_left", which say what it is for.');
  return faults;
}
