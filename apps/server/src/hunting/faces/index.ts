export { graphError, graphHandlers } from './graph/index.ts';
export { kustoHandlers } from './kusto/index.ts';
export { kustoError } from './kusto/failure.ts';
export { logAnalyticsHandlers } from './log-analytics/index.ts';
export { logsErrorFace } from './log-analytics/errors.ts';
export { sentinelBookmarkHandlers } from './arm/bookmarks.ts';
export { savedSearchHandlers } from './arm/saved-searches.ts';
