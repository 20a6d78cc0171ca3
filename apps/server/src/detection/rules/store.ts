import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';
import { OnBehalfOf } from './maker.ts';

/** Rules that may be kept here. */
export const ownRulesMax = 50_000;
/** Versions of one rule that are kept. */
const versionsMax = 100;

const Row = z.object({
  id: z.string(),
  format: z.enum(['sentinel', 'sigma']),
  version: z.int(),
  path: z.string().nullable(),
  template_id: z.string().nullable(),
  template_text: z.string().nullable(),
  changed_at: z.date(),
  changed_by: z.string(),
  text: z.string(),
  on_behalf_of: OnBehalfOf.nullable(),
});
/** A text of rules that was made, changed or brought here. */
export type OwnRuleRow = z.infer<typeof Row>;

const VersionRow = z.object({ version: z.int(), note: z.string(), saved_at: z.date(), saved_by: z.string() });

export interface SaveOwnRule {
  readonly id: string;
  readonly format: OwnRuleRow['format'];
  readonly text: string;
  readonly path: string | null;
  /** The shipped rule that it was made from, with that one's text. */
  readonly template: { readonly id: string; readonly text: string } | undefined;
  readonly note: string;
  readonly by: string;
  readonly at: Date;
  /** Undefined: the rule runs over everything. */
  readonly onBehalfOf?: OnBehalfOf | undefined;
  /** The version that was changed; null for a new rule; undefined: whatever is there. */
  readonly before?: number | null;
}

const select = `SELECT r.*, v.text FROM own_rules r JOIN own_rule_versions v ON v.rule_id = r.id AND v.version = r.version`;

/** Rules of people's own, in the database: all servers have the same. */
export function ownRuleStore(db: Database) {
  return {
    /** Goes up with every change. */
    revision: async (): Promise<number> =>
      (await db.first<{ revision: number }>('SELECT revision FROM own_rules_revision'))?.revision ?? 0,
    all: async (): Promise<OwnRuleRow[]> =>
      (await db.query(`${select} ORDER BY r.id LIMIT ${ownRulesMax}`)).map((row) => Row.parse(row)),
    /** Saves in one transaction, all or none; answers the ids that were not saved, since somebody else had changed them. */
    save: (rules: readonly SaveOwnRule[]): Promise<string[]> =>
      db.transaction(async (tx) => {
        const stale: string[] = [];
        for (const rule of rules) if (!(await saveOne(tx, rule))) stale.push(rule.id);
        await raise(tx);
        return stale;
      }),
    /** The shipped rule's text of today is known, and the rule stays as it is. */
    keep: (id: string, templateText: string): Promise<boolean> =>
      db.transaction(async (tx) => {
        const changed = await tx.execute('UPDATE own_rules SET template_text = $2 WHERE id = $1', [id, templateText]);
        await raise(tx);
        return changed > 0;
      }),
    /** For whom a rule runs; its version stays. */
    setOnBehalfOf: (id: string, maker: OnBehalfOf): Promise<void> =>
      db.transaction(async (tx) => {
        await tx.execute('UPDATE own_rules SET on_behalf_of = $2 WHERE id = $1', [id, JSON.stringify(maker)]);
        await raise(tx);
      }),
    remove: (ids: readonly string[]): Promise<number> =>
      db.transaction(async (tx) => {
        const removed = await tx.execute('DELETE FROM own_rules WHERE id = ANY($1)', [ids]);
        await raise(tx);
        return removed;
      }),
    versions: async (id: string) =>
      (
        await db.query(
          `SELECT version, note, saved_at, saved_by FROM own_rule_versions WHERE rule_id = $1 ORDER BY version DESC LIMIT ${versionsMax}`,
          [id],
        )
      ).map((row) => VersionRow.parse(row)),
    textOf: async (id: string, version: number): Promise<string | undefined> =>
      (
        await db.first<{ text: string }>('SELECT text FROM own_rule_versions WHERE rule_id = $1 AND version = $2', [
          id,
          version,
        ])
      )?.text,
  };
}
export type OwnRuleStore = ReturnType<typeof ownRuleStore>;

const raise = (tx: Queryable) => tx.execute('UPDATE own_rules_revision SET revision = revision + 1');

async function saveOne(tx: Queryable, rule: SaveOwnRule): Promise<boolean> {
  const now = rule.at.toISOString();
  const found = await tx.first<{ version: number }>('SELECT version FROM own_rules WHERE id = $1 FOR UPDATE', [
    rule.id,
  ]);
  const before = found?.version ?? null;
  if (rule.before !== undefined && rule.before !== before) return false;
  const version = (before ?? 0) + 1;
  const facts = [rule.id, version, rule.format, rule.path, rule.template?.id ?? null, rule.template?.text ?? null];
  await tx.execute(
    `INSERT INTO own_rules (id, version, format, path, template_id, template_text, changed_at, changed_by, on_behalf_of)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, format = excluded.format, path = excluded.path, template_id = excluded.template_id,
       template_text = excluded.template_text, changed_at = excluded.changed_at, changed_by = excluded.changed_by,
       on_behalf_of = excluded.on_behalf_of`,
    [...facts, now, rule.by, rule.onBehalfOf ? JSON.stringify(rule.onBehalfOf) : null],
  );
  await tx.execute(
    'INSERT INTO own_rule_versions (rule_id, version, text, note, saved_at, saved_by) VALUES ($1, $2, $3, $4, $5, $6)',
    [rule.id, version, rule.text, rule.note, now, rule.by],
  );
  await tx.execute('DELETE FROM own_rule_versions WHERE rule_id = $1 AND version <= $2', [
    rule.id,
    version - versionsMax,
  ]);
  return true;
}
