/** Plugins that do not run here, and what to write instead. Code of other languages and calls to other services have no place in the engine. */
const code = 'code of other languages does not run here: write the step in KQL, or export the rows';
const elsewhere =
  'a query cannot call another service here: bring its data in with a source, or keep it in a watchlist';
const storage = 'a query cannot read outside storage here: bring the data in with a source';

export const refused: ReadonlyMap<string, string> = new Map([
  ['python', code],
  ['r', code],
  ['csharp', code],
  ['sql_request', elsewhere],
  ['mysql_request', elsewhere],
  ['postgresql_request', elsewhere],
  ['cosmosdb_sql_request', elsewhere],
  ['dax_request', elsewhere],
  ['azure_digital_twins_query_request', elsewhere],
  ['execute_show_command', elsewhere],
  ['execute_query', elsewhere],
  ['ai_embeddings', elsewhere],
  ['ai_embed_text', elsewhere],
  ['ai_chat_completion', elsewhere],
  ['ai_chat_completion_prompt', elsewhere],
  ['infer_storage_schema', storage],
  ['infer_storage_schema_with_suggestions', storage],
  ['external_datatable', storage],
]);
