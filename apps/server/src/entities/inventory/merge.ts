import type { Queryable } from '../../platform/database/index.ts';

/** One writer of the inventory at a time among all servers. Held until the transaction ends. */
const inventoryLock = 7_255_058;
/** Two entities that turn out to be one are put together in pairs, so often at most in one pass; what is left comes with the next. */
const roundsMax = 8;
/** What is known by more keys than this is no one thing any more: further ones are left out. */
const keysMax = 100;
/** Keys that one thing has one of: where two differ in one, they are two. */
const single = ['account-aad', 'account-guid', 'host-azure', 'app-id'];

/** What a pass did. */
export interface MergeResult {
  /** Rows that were taken in. */
  readonly seen: number;
  readonly created: number;
  /** Entities that went up in others: from, to. */
  readonly merged: readonly { readonly loser: string; readonly survivor: string }[];
}

export const lockInventory = (tx: Queryable): Promise<unknown> =>
  tx.query('SELECT pg_advisory_xact_lock($1)', [inventoryLock]);

/** Begins a pass: the tables in which what was seen is gathered, empty. They end with the transaction. */
export async function openSeen(tx: Queryable): Promise<void> {
  await tx.execute('DROP TABLE IF EXISTS pg_temp.seen_keys, pg_temp.seen');
  await tx.execute(
    `CREATE TEMP TABLE seen (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, name text NOT NULL, rank smallint NOT NULL, short text NOT NULL, strong boolean NOT NULL,
       keys text[] NOT NULL, aliases text[] NOT NULL DEFAULT '{}', identifiers jsonb NOT NULL, properties jsonb NOT NULL, sources text[] NOT NULL, events bigint NOT NULL, first_at timestamptz NOT NULL,
       last_at timestamptz NOT NULL, entity text) ON COMMIT DROP`,
  );
  await tx.execute(
    'CREATE TEMP TABLE seen_keys (n bigint NOT NULL, position int NOT NULL, alias text NOT NULL, kind text NOT NULL, key text NOT NULL) ON COMMIT DROP',
  );
}

/** Members of a bag that say something. */
const spoken = (column: string): string =>
  `coalesce((SELECT jsonb_object_agg(key, left(value, 2048)) FROM jsonb_each_text(x.${column}) WHERE value IS NOT NULL AND value NOT IN ('', 'null')), '{}')`;

/** Adds what a query gave: JSON text of a list of rows. */
export const addSeen = (tx: Queryable, json: string): Promise<number> =>
  tx.execute(
    `INSERT INTO seen (kind, name, rank, short, strong, keys, identifiers, properties, sources, events, first_at, last_at)
     SELECT kind, left(name, 2048), rank, short, strong, keys, ${spoken('identifiers')}, ${spoken('properties')}, coalesce(sources, '{}'), events, first_at, last_at
     FROM jsonb_to_recordset($1::jsonb) AS x(kind text, name text, rank smallint, short text, strong boolean, keys text[], identifiers jsonb, properties jsonb, sources text[], events bigint,
       first_at timestamptz, last_at timestamptz)
     WHERE cardinality(keys) > 0 AND name <> ''`,
    [json],
  );

/** Adds the entities of alerts that were raised from (included) to (excluded) a time, or one entity of alerts by its id. */
export async function addAlertEntities(
  tx: Queryable,
  which: { readonly from: Date; readonly to: Date } | { readonly id: string },
): Promise<void> {
  const [where, parameters] =
    'id' in which
      ? ['e.id = $1', [which.id]]
      : ['a.created_at >= $1 AND a.created_at < $2', [which.from, which.to] as readonly unknown[]];
  await tx.execute(
    `INSERT INTO seen (kind, name, rank, short, strong, keys, aliases, identifiers, properties, sources, events, first_at, last_at)
     SELECT e.kind, e.name, CASE WHEN e.strong THEN 1 ELSE 2 END,
       CASE e.kind WHEN 'Account' THEN CASE WHEN e.keys::text LIKE '%account-local:%' THEN '' ELSE lower(coalesce(e.identifiers ->> 'Name', '')) END WHEN 'Host' THEN lower(coalesce(e.identifiers ->> 'HostName', e.identifiers ->> 'NetBiosName', '')) ELSE '' END,
       e.strong,
       CASE WHEN cardinality(e.keys) > 0 THEN e.keys
         WHEN e.kind = 'Account' AND e.identifiers ? 'Name' THEN ARRAY['[["Name",' || to_json(lower(e.identifiers ->> 'Name'))::text || ']]']
         WHEN e.kind = 'Host' AND e.identifiers ? 'HostName' THEN ARRAY['[["HostName",' || to_json(lower(e.identifiers ->> 'HostName'))::text || ']]']
         WHEN e.kind = 'IP' AND e.identifiers ? 'Address' THEN ARRAY['[["Address",' || to_json(lower(e.identifiers ->> 'Address'))::text || ']]']
         ELSE ARRAY['entity:' || e.id] END,
       ARRAY[e.id], e.identifiers, '{}', '{SecurityAlert}', count(*), min(a.start_time), max(a.end_time)
     FROM entities e JOIN alert_entities l ON l.entity_id = e.id JOIN alerts a ON a.id = l.alert_id
     WHERE ${where} GROUP BY e.id`,
    [...parameters],
  );
}

/**
 * Takes what was gathered into the inventory: rows find the entities that bear their keys, others become new ones, and entities that a row knows to be one are put together, the one that was
 * seen first staying. Which identifiers are strong is Sentinel's word; only these put entities together, and a weak name belongs to the only one who bears it.
 */
export async function mergeSeen(tx: Queryable): Promise<MergeResult> {
  await tx.execute(
    `INSERT INTO seen_keys SELECT n, k.position, entity_alias(kind, k.key), kind, k.key FROM seen, unnest(keys) WITH ORDINALITY AS k(key, position)
     UNION ALL SELECT n, 1000, alias, kind, 'entity:' || alias FROM seen, unnest(aliases) AS alias`,
  );
  await tx.execute('CREATE INDEX ON pg_temp.seen_keys (alias)');
  await tx.execute('ANALYZE pg_temp.seen_keys');
  await findEntities(tx);
  await tx.execute(
    `UPDATE seen s SET entity = f.id
     FROM (SELECT kind, short, min(id) AS id FROM inventory WHERE strong AND (kind, short) IN (SELECT kind, short FROM seen WHERE entity IS NULL AND NOT strong AND short <> '')
       GROUP BY kind, short HAVING count(*) = 1) f
     WHERE s.entity IS NULL AND NOT s.strong AND s.kind = f.kind AND s.short = f.short`,
  );
  const created = await tx.execute(
    `INSERT INTO inventory (id, kind, name, name_rank, short, strong, identifiers, sources, first_seen, last_seen, search)
     SELECT DISTINCT ON (k.alias) k.alias, s.kind, s.name, s.rank, s.short, s.strong, '{}', '{}', s.first_at, s.last_at, ''
     FROM seen s JOIN seen_keys k ON k.n = s.n AND k.position = 1 WHERE s.entity IS NULL ORDER BY k.alias, s.rank, s.last_at DESC
     ON CONFLICT (id) DO NOTHING`,
  );
  await tx.execute(
    'UPDATE seen s SET entity = k.alias FROM seen_keys k WHERE k.n = s.n AND k.position = 1 AND s.entity IS NULL',
  );
  await addKeys(tx);
  const merged: { loser: string; survivor: string }[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const pairs = await mergePairs(tx);
    if (pairs.length === 0) break;
    merged.push(...pairs);
  }
  if (merged.length > 0) await findEntities(tx);
  await update(tx);
  await separate(tx);
  const [count] = await tx.query<{ seen: number }>('SELECT count(*)::int AS seen FROM seen');
  return { seen: count?.seen ?? 0, created, merged };
}

/** Each row's entity by the most lasting of its keys. */
const findEntities = (tx: Queryable): Promise<number> =>
  tx.execute(
    `UPDATE seen s SET entity = f.entity_id
     FROM (SELECT DISTINCT ON (k.n) k.n, i.entity_id FROM seen_keys k JOIN inventory_keys i ON i.alias = k.alias ORDER BY k.n, k.position) f
     WHERE s.n = f.n AND s.entity IS DISTINCT FROM f.entity_id`,
  );

/** Keys go to whom the row is about, unless another bears them: then both may be one. */
const addKeys = (tx: Queryable): Promise<number> =>
  tx.execute(
    `WITH fresh AS (
       SELECT DISTINCT ON (k.alias) k.alias, k.kind, k.key, s.entity FROM seen_keys k JOIN seen s ON s.n = k.n
       WHERE NOT EXISTS (SELECT 1 FROM inventory_keys i WHERE i.alias = k.alias) ORDER BY k.alias, k.position, s.first_at),
     counted AS (
       SELECT *, row_number() OVER (PARTITION BY entity ORDER BY key) + (SELECT count(*) FROM inventory_keys i WHERE i.entity_id = fresh.entity) AS place FROM fresh),
     added AS (
       INSERT INTO inventory_keys (alias, kind, key, entity_id) SELECT alias, kind, key, entity FROM counted WHERE place <= $1 ON CONFLICT (alias) DO NOTHING RETURNING entity_id)
     UPDATE inventory SET published_at = NULL WHERE id IN (SELECT entity_id FROM added)`,
    [keysMax],
  );

/** Puts pairs together that are one: by a row that knows keys of both, or by a weak name that only one strong entity bears. Answers which. */
async function mergePairs(tx: Queryable): Promise<{ loser: string; survivor: string }[]> {
  const pairs = await tx.query<{ loser: string; survivor: string }>(
    `WITH bearers AS (
       SELECT DISTINCT k.n, i.entity_id AS id FROM seen_keys k JOIN inventory_keys i ON i.alias = k.alias
       WHERE k.n IN (SELECT k.n FROM seen_keys k JOIN inventory_keys i ON i.alias = k.alias GROUP BY k.n HAVING count(DISTINCT i.entity_id) > 1)),
     ordered AS (SELECT b.n, b.id, first_value(b.id) OVER (PARTITION BY b.n ORDER BY i.strong DESC, i.first_seen, i.id) AS survivor FROM bearers b JOIN inventory i ON i.id = b.id),
     alone AS (
       SELECT i.kind, i.short, min(i.id) AS survivor FROM inventory i WHERE i.strong AND (i.kind, i.short) IN (SELECT kind, short FROM seen WHERE short <> '')
       GROUP BY i.kind, i.short HAVING count(*) = 1),
     pairs AS (
       SELECT id AS loser, survivor FROM ordered WHERE id <> survivor
       UNION SELECT w.id, a.survivor FROM inventory w JOIN alone a ON a.kind = w.kind AND a.short = w.short WHERE NOT w.strong),
     apart AS (
       SELECT p.* FROM pairs p WHERE NOT EXISTS (
         SELECT 1 FROM inventory_keys a JOIN inventory_keys b ON split_part(b.key, ':', 1) = split_part(a.key, ':', 1) AND b.key <> a.key
         WHERE a.entity_id = p.survivor AND b.entity_id = p.loser AND split_part(a.key, ':', 1) = ANY($1)))
     SELECT DISTINCT ON (survivor) survivor, loser FROM (SELECT DISTINCT ON (loser) loser, survivor FROM apart ORDER BY loser, survivor) once
     WHERE survivor NOT IN (SELECT loser FROM apart) ORDER BY survivor, loser LIMIT 10000`,
    [single],
  );
  if (pairs.length === 0) return pairs;
  const of = 'jsonb_to_recordset($1::jsonb) AS m(loser text, survivor text)';
  const json = [JSON.stringify(pairs)];
  await tx.execute(
    `UPDATE inventory s SET first_seen = least(s.first_seen, l.first_seen), last_seen = greatest(s.last_seen, l.last_seen), events = s.events + l.events, identifiers = l.identifiers || s.identifiers,
       properties = l.properties || s.properties, sources = ${united('s.sources', 'l.sources')}, tags = ${united('s.tags', 'l.tags')}, owner = coalesce(s.owner, l.owner),
       name = CASE WHEN l.name_rank < s.name_rank THEN l.name ELSE s.name END, short = CASE WHEN s.short = '' THEN l.short ELSE s.short END, name_rank = least(s.name_rank, l.name_rank), strong = s.strong OR l.strong,
       criticality_set = coalesce(s.criticality_set, l.criticality_set), criticality_set_by = coalesce(s.criticality_set_by, l.criticality_set_by),
       criticality_concluded = greatest(s.criticality_concluded, l.criticality_concluded), risk_score = greatest(s.risk_score, l.risk_score), published_at = NULL
     FROM inventory l, ${of} WHERE s.id = m.survivor AND l.id = m.loser`,
    json,
  );
  await tx.execute(`UPDATE inventory_keys k SET entity_id = m.survivor FROM ${of} WHERE k.entity_id = m.loser`, json);
  // Until the risk is worked out anew.
  await tx.execute(
    `INSERT INTO inventory_risks (entity_id, workspace_id, score, reasons)
     SELECT m.survivor, r.workspace_id, r.score, r.reasons FROM inventory_risks r JOIN ${of} ON r.entity_id = m.loser ON CONFLICT DO NOTHING`,
    json,
  );
  await tx.execute(`DELETE FROM inventory i USING ${of} WHERE i.id = m.loser`, json);
  return pairs;
}

const united = (a: string, b: string): string =>
  `ARRAY(SELECT DISTINCT u FROM unnest(${a} || ${b}) AS u ORDER BY u LIMIT 50)`;

/** What rows say of an entity, put to what is known: the newest word counts, and the best name. */
async function update(tx: Queryable): Promise<void> {
  await tx.execute(
    `WITH said AS (
       SELECT entity, min(first_at) AS first_at, max(last_at) AS last_at, sum(events) AS events, bool_or(strong) AS strong, min(rank) AS rank, (array_agg(name ORDER BY rank, last_at DESC))[1] AS name,
         coalesce((array_agg(short ORDER BY rank, last_at DESC) FILTER (WHERE short <> ''))[1], '') AS short
       FROM seen GROUP BY entity),
     bags AS (
       SELECT entity, jsonb_object_agg(b.key, b.value ORDER BY last_at) FILTER (WHERE which = 'i') AS identifiers, jsonb_object_agg(b.key, b.value ORDER BY last_at) FILTER (WHERE which = 'p') AS properties
       FROM seen, LATERAL (SELECT 'i' AS which, key, value FROM jsonb_each(identifiers) UNION ALL SELECT 'p', key, value FROM jsonb_each(properties)) b GROUP BY entity),
     tables AS (SELECT entity, array_agg(DISTINCT source) AS sources FROM seen, unnest(sources) AS source GROUP BY entity),
     known AS (
       SELECT i.id, least(i.first_seen, s.first_at) AS first_seen, greatest(i.last_seen, s.last_at) AS last_seen, i.events + s.events AS events, i.strong OR s.strong AS strong,
         CASE WHEN s.rank <= i.name_rank AND s.last_at >= i.last_seen OR s.rank < i.name_rank THEN s.name ELSE i.name END AS name, least(i.name_rank, s.rank) AS name_rank,
         CASE WHEN i.short = '' THEN s.short ELSE i.short END AS short, i.identifiers || coalesce(b.identifiers, '{}') AS identifiers, i.properties || coalesce(b.properties, '{}') AS properties,
         ${united('i.sources', "coalesce(t.sources, '{}')")} AS sources
       FROM said s JOIN inventory i ON i.id = s.entity LEFT JOIN bags b ON b.entity = s.entity LEFT JOIN tables t ON t.entity = s.entity)
     UPDATE inventory i SET first_seen = k.first_seen, last_seen = k.last_seen, events = k.events, strong = k.strong, name = k.name, name_rank = k.name_rank, short = k.short, identifiers = k.identifiers,
       properties = k.properties, sources = k.sources,
       search = lower(k.name || ' ' || coalesce((SELECT string_agg(left(value, 300), ' ') FROM jsonb_each_text(k.identifiers)), '') || ' ' || coalesce(k.properties ->> 'DisplayName', '') || ' ' || coalesce(k.properties ->> 'File', '')),
       published_at = CASE WHEN i.published_at < k.last_seen - INTERVAL '7 days' OR (i.name, i.strong) IS DISTINCT FROM (k.name, k.strong) OR i.identifiers <> k.identifiers OR i.properties <> k.properties THEN NULL
         ELSE i.published_at END
     FROM known k WHERE i.id = k.id`,
  );
}

/** A weak name that two strong entities bear by now is nobody's. */
const separate = (tx: Queryable): Promise<number> =>
  tx.execute(
    `DELETE FROM inventory_keys k USING inventory i
     WHERE i.id = k.entity_id AND i.strong AND k.key LIKE '[[%' AND (i.kind, i.short) IN (
       SELECT kind, short FROM inventory WHERE strong AND (kind, short) IN (SELECT kind, short FROM seen WHERE short <> '') GROUP BY kind, short HAVING count(*) > 1)`,
  );
