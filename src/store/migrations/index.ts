import type { Knex } from 'knex';
import * as metadata from './0001-metadata.ts';
import * as sourcesAndSecrets from './0002-sources-and-secrets.ts';
import * as apiKeys from './0003-api-keys.ts';
import * as audit from './0004-audit.ts';
import * as settings from './0005-settings.ts';
import * as keyLimits from './0006-key-limits.ts';
import * as names from './0007-names.ts';
import * as changeLog from './0008-change-log.ts';
import * as changeWatches from './0009-change-watches.ts';
import * as changeColumns from './0010-change-columns.ts';
import * as jobs from './0011-jobs.ts';
import * as runs from './0012-runs.ts';
import * as deliveries from './0013-deliveries.ts';
import * as runOrigins from './0014-run-origins.ts';
import * as runLinks from './0015-run-links.ts';
import * as eventTriggers from './0016-event-triggers.ts';
import * as hooks from './0017-hooks.ts';
import * as people from './0018-people.ts';
import * as runTimes from './0019-run-times.ts';
import * as syncs from './0020-syncs.ts';
import * as runStarters from './0021-run-starters.ts';
import * as longKeys from './0022-long-keys.ts';
import * as triggers from './0023-triggers.ts';

/** One migration of the store's structure. A released migration never changes; later changes are migrations of their own. */
export interface Migration {
  readonly name: string;
  up(db: Knex): Promise<void>;
}

/** All migrations, oldest first. */
export const migrations: readonly Migration[] = [
  { name: '0001-metadata', up: metadata.up },
  { name: '0002-sources-and-secrets', up: sourcesAndSecrets.up },
  { name: '0003-api-keys', up: apiKeys.up },
  { name: '0004-audit', up: audit.up },
  { name: '0005-settings', up: settings.up },
  { name: '0006-key-limits', up: keyLimits.up },
  { name: '0007-names', up: names.up },
  { name: '0008-change-log', up: changeLog.up },
  { name: '0009-change-watches', up: changeWatches.up },
  { name: '0010-change-columns', up: changeColumns.up },
  { name: '0011-jobs', up: jobs.up },
  { name: '0012-runs', up: runs.up },
  { name: '0013-deliveries', up: deliveries.up },
  { name: '0014-run-origins', up: runOrigins.up },
  { name: '0015-run-links', up: runLinks.up },
  { name: '0016-event-triggers', up: eventTriggers.up },
  { name: '0017-hooks', up: hooks.up },
  { name: '0018-people', up: people.up },
  { name: '0019-run-times', up: runTimes.up },
  { name: '0020-syncs', up: syncs.up },
  { name: '0021-run-starters', up: runStarters.up },
  { name: '0022-long-keys', up: longKeys.up },
  { name: '0023-triggers', up: triggers.up },
];
