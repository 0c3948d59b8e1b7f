import type { Logger } from 'pino';
import type { Feeds } from '../../events/index.ts';
import type { Graphs, SourceRegistry } from '../../views/index.ts';
import type { Work } from './work.ts';

/** The parts of the server that event triggers and syncs need to follow the changes of sources. */
export interface ChangeWorkOptions {
  readonly work: Work;
  readonly feeds: Feeds;
  readonly graphs: Graphs;
  readonly registry: SourceRegistry;
  /** Whether the metadata and the sources of the store were read. */
  readonly isRead: () => boolean;
  readonly log: Logger;
}
