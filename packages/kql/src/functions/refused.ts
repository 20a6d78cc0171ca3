/** Functions of Kusto that cannot be right here, each with what to write instead. */
export const refusedFunctions: ReadonlyMap<string, string> = new Map([
  ['hash_combine', 'how it mixes hashes is not published: hash(strcat(…)) gives one hash of several values'],
  ['hash_many', 'how it mixes hashes is not published: hash(strcat(…)) gives one hash of several values'],
  ['cursor_after', 'database cursors are not kept: compare ingestion_time() with a datetime'],
  ['cursor_before_or_at', 'database cursors are not kept: compare ingestion_time() with a datetime'],
  ['cursor_current', 'database cursors are not kept: now() and ingestion_time() are'],
  ['current_cursor', 'database cursors are not kept: now() and ingestion_time() are'],
  ['extent_id', 'tables have no extents here: ingestion_time() tells batches of rows apart'],
  ['extentid', 'tables have no extents here: ingestion_time() tells batches of rows apart'],
  ['extent_tags', 'tables have no extents here: write tags into a column of your own'],
  ['rowstore_ordinal_range', 'tables have no row store here'],
  ['current_node_id', 'which node serves a query is not told'],
]);
