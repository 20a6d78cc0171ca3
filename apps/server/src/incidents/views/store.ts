import { SallyportError, type IncidentView } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';

const viewsMax = 100;
/** Of everyone's that are shared. */
const listedMax = 1_000;

interface ViewRow {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly shared: boolean;
  readonly search: string;
  readonly hidden_columns: string[];
}
const toView = ({ id, name, owner, shared, search, hidden_columns }: ViewRow): IncidentView => ({
  id,
  name,
  owner,
  shared,
  search,
  hiddenColumns: hidden_columns,
});

/** Those of a person and those that are shared, by name; and which is the person's default. */
export async function viewsFor(
  db: Queryable,
  person: string,
): Promise<{ views: IncidentView[]; defaultId: string | null }> {
  const rows = await db.query<ViewRow>(
    'SELECT * FROM incident_views WHERE owner = $1 OR shared ORDER BY shared, lower(name), id LIMIT $2',
    [person, listedMax],
  );
  const chosen = await db.first<{ view_id: string }>(
    `SELECT d.view_id FROM incident_view_defaults d JOIN incident_views v ON v.id = d.view_id
     WHERE d.person = $1 AND (v.owner = $1 OR v.shared)`,
    [person],
  );
  return { views: rows.map(toView), defaultId: chosen?.view_id ?? null };
}

/** Throws Forbidden for another's view, BadRequest past 100. */
export async function saveView(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  view: Omit<IncidentView, 'owner'>,
  person: string,
): Promise<IncidentView> {
  return database.transaction(async (tx) => {
    const others = await tx.first<{ n: number }>(
      'SELECT count(*)::int AS n FROM incident_views WHERE owner = $1 AND id <> $2',
      [person, view.id],
    );
    if ((others?.n ?? 0) >= viewsMax) throw new SallyportError('BadRequest', `a person has at most ${viewsMax} views`);
    const saved = await tx.first<ViewRow>(
      `INSERT INTO incident_views (id, name, owner, shared, search, hidden_columns, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, shared = excluded.shared, search = excluded.search,
         hidden_columns = excluded.hidden_columns, updated_at = excluded.updated_at WHERE incident_views.owner = excluded.owner
       RETURNING *`,
      [view.id, view.name, person, view.shared, view.search, view.hiddenColumns, clock.now()],
    );
    if (!saved) throw new SallyportError('Forbidden', 'a view is changed by whose it is');
    return toView(saved);
  });
}

/** Throws NotFound, also for another's. */
export async function deleteView(db: Queryable, id: string, person: string): Promise<void> {
  const gone = await db.execute('DELETE FROM incident_views WHERE id = $1 AND owner = $2', [id, person]);
  if (gone === 0) throw new SallyportError('NotFound', `there is no view ${id} of yours`);
}

/** Throws NotFound for a view that the person doesn't see. */
export async function setDefaultView(db: Queryable, id: string | null, person: string): Promise<void> {
  if (id === null) return void (await db.execute('DELETE FROM incident_view_defaults WHERE person = $1', [person]));
  const set = await db.execute(
    `INSERT INTO incident_view_defaults (person, view_id) SELECT $1, id FROM incident_views WHERE id = $2 AND (owner = $1 OR shared)
     ON CONFLICT (person) DO UPDATE SET view_id = excluded.view_id`,
    [person, id],
  );
  if (set === 0) throw new SallyportError('NotFound', `there is no view ${id}`);
}
