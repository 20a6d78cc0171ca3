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
  ['current_principal', 'who asks is not told to a query: LAQueryLogs says who asked what'],
  ['current_principal_details', 'who asks is not told to a query: LAQueryLogs says who asked what'],
  ['current_principal_is_member_of', 'who asks is not told to a query: roles and scopes decide what it may read'],
  ['current_cluster_endpoint', 'a query has no address of its own'],
  ['current_node_id', 'which node serves a query is not told'],
]);
