export { type ClientPosition, isAfter, positionText } from './changes/position.ts';
export { shapeOf } from './changes/shape.ts';
export { Feeds, type FeedsOptions } from './feed/feeds.ts';
export type { FeedState } from './feed/source-feed.ts';
export { LiveQueries, type PlanSubscription } from './live/live-queries.ts';
export type { LiveContext, PlannedSubscription } from './live/run.ts';
export { RunSlots } from './live/run-slots.ts';
export { type LogMessage, messagesOf } from './log/segment-text.ts';
export type { SourceLogOptions } from './log/source-log-options.ts';
