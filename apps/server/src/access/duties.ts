import { permissionsIn, SallyportError, type DutyRule, type GrantedPermission } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { notOver } from './assignment-store.ts';
import { builtInRole } from './role-store.ts';

type Pair = Omit<DutyRule, 'enabled' | 'builtIn'>;

/** Off until somebody turns them on. */
const builtInRules: readonly Pair[] = [
  {
    id: '3f0c9a52-2c1e-4f0b-8a35-6a1f2f1f7d01',
    displayName: 'Rules and responses',
    first: 'detectionTuning.manage',
    second: 'response.manage',
    reason: 'who writes the rules does not approve what they lead to',
  },
  {
    id: '3f0c9a52-2c1e-4f0b-8a35-6a1f2f1f7d02',
    displayName: 'Holds and purges',
    first: 'legalHold.manage',
    second: 'data.purge',
    reason: 'who lifts a legal hold does not delete the rows',
  },
  {
    id: '3f0c9a52-2c1e-4f0b-8a35-6a1f2f1f7d03',
    displayName: 'Rights and purges',
    first: 'authorization.manage',
    second: 'data.purge',
    reason: 'who gives rights does not delete the traces of it',
  },
  {
    id: '3f0c9a52-2c1e-4f0b-8a35-6a1f2f1f7d04',
    displayName: 'People and policies',
    first: 'users.manage',
    second: 'conditionalAccess.manage',
    reason: 'who makes people does not change how they are let in',
  },
];
const isBuiltIn = (id: string): boolean => builtInRules.some((rule) => rule.id === id);
export const dutyRulesMax = 100;

export const dutyRows = {
  all: async (db: Queryable): Promise<DutyRule[]> => {
    const rows = await db.query<Pair & { enabled: boolean }>(
      `SELECT id, display_name AS "displayName", first, second, reason, enabled FROM duty_rules ORDER BY lower(display_name), id`,
    );
    const kept = new Map(rows.map((row) => [row.id, row]));
    const own = rows.filter(({ id }) => !isBuiltIn(id)).map((row) => ({ ...row, builtIn: false }));
    return [...builtInRules.map((rule) => ({ ...rule, enabled: kept.get(rule.id)?.enabled ?? false, builtIn: true })), ...own]; // prettier-ignore
  },
  save: (db: Queryable, rule: Omit<DutyRule, 'builtIn'>, at: Date, by: string) =>
    db.execute(
      `INSERT INTO duty_rules (id, display_name, first, second, reason, enabled, modified_at, modified_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET display_name = $2, first = $3, second = $4, reason = $5, enabled = $6, modified_at = $7, modified_by = $8`,
      [rule.id, rule.displayName, rule.first, rule.second, rule.reason, rule.enabled, at, by],
    ),
  remove: (db: Queryable, id: string) => db.execute('DELETE FROM duty_rules WHERE id = $1', [id]),
};
export const builtInDutyRule = (id: string): Pair | undefined => builtInRules.find((rule) => rule.id === id);

interface Holder {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly entries: readonly string[];
}
/** What people hold, will hold, or may activate, by any assignment. `ids` undefined: everybody. */
async function holders(db: Queryable, ids: readonly string[] | undefined, now: Date) {
  const rows = await db.query<Holder>(
    `SELECT p.id, p.user_principal_name AS name, array_agg(DISTINCT a.role_id::text) AS roles,
       coalesce(array_agg(DISTINCT e.entry) FILTER (WHERE e.entry IS NOT NULL), '{}') AS entries
     FROM people p
     CROSS JOIN LATERAL (SELECT p.id AS principal UNION ALL SELECT m.group_id FROM group_members m WHERE m.person_id = p.id) AS of
     JOIN role_assignments a ON a.principal_id = of.principal
     LEFT JOIN role_definitions d ON d.id = a.role_id LEFT JOIN LATERAL unnest(d.permissions) AS e(entry) ON true
     WHERE p.deleted_at IS NULL AND ($1::uuid[] IS NULL OR p.id = ANY ($1)) AND ${notOver('$2')} GROUP BY p.id`,
    [ids ?? null, now],
  );
  return rows.map(({ id, name, roles, entries }) => ({
    id,
    name,
    permissions: new Set<GrantedPermission>([
      ...permissionsIn(entries),
      ...roles.flatMap((role) => [...(builtInRole(role)?.permissions ?? [])]),
    ]),
  }));
}

const breaks = ({ first, second }: Pair, held: ReadonlySet<GrantedPermission>): boolean => {
  // Of two that are bundles, one permission that is in both is no pair.
  const [one, other] = [permissionsIn([first]), permissionsIn([second])];
  return [...one].some((a) => held.has(a) && [...other].some((b) => b !== a && held.has(b)));
};

interface Broken {
  readonly name: string;
  readonly rule: DutyRule;
}
async function brokenBy(db: Queryable, rules: readonly DutyRule[], ids: readonly string[] | undefined, now: Date) {
  const found = new Map<string, Broken>();
  for (const { id, name, permissions } of await holders(db, ids, now))
    for (const rule of rules) if (breaks(rule, permissions)) found.set(`${id} ${rule.id}`, { name, rule });
  return found;
}

/** Names of people who hold both of a pair now. */
export const heldTogether = async (db: Queryable, rule: DutyRule, now: Date): Promise<string[]> =>
  [...(await brokenBy(db, [rule], undefined, now)).values()].map(({ name }) => name).sort();

/** Does what may give rights to these people. Throws Conflict where one would then hold what no one person may. `ids` undefined: anybody may be concerned. */
export async function keepingDutiesApart<T>(
  tx: Queryable,
  ids: readonly string[] | undefined,
  now: Date,
  work: () => Promise<T>,
): Promise<T> {
  const rules = (await dutyRows.all(tx)).filter(({ enabled }) => enabled);
  if (rules.length === 0) return work();
  const before = await brokenBy(tx, rules, ids, now);
  const done = await work();
  for (const [key, { name, rule }] of await brokenBy(tx, rules, ids, now))
    if (!before.has(key))
      throw new SallyportError(
        'Conflict',
        `${name} would hold both \`${rule.first}\` and \`${rule.second}\` (${rule.displayName}): ${rule.reason}`,
      );
  return done;
}
