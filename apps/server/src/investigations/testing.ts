import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EntityKind, Verdict } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { resolveEntities, type NewAlert } from '../incidents/index.ts';
import { shippedPlaybooks } from './content.ts';

/** The day of the tests; times of their files are on it, or `-3d 09:00`. */
export const day = Date.UTC(2026, 2, 20);

const At = z
  .string()
  .regex(/^(-\d+d )?\d\d:\d\d$/)
  .transform((text) => {
    const [, days = '0', hours = '0', minutes = '0'] = /^(?:(-\d+)d )?(\d\d):(\d\d)$/.exec(text) ?? [];
    return new Date(day + Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * 60_000);
  });
const Row = z.looseObject({ at: At });
const Case = z.strictObject({
  alert: z.strictObject({
    name: z.string(),
    description: z.string().default(''),
    tactics: z.array(z.string()),
    at: At,
    entities: z.array(z.strictObject({ kind: EntityKind, identifiers: z.record(z.string(), z.string()) })),
  }),
  /** The same row again and again. */
  repeat: z
    .strictObject({ table: z.string(), times: z.int().max(1_000), everySeconds: z.number(), row: Row })
    .optional(),
  rows: z.record(z.string(), z.array(Row)),
  expect: z.array(z.strictObject({ kind: EntityKind, name: z.string(), verdict: Verdict })).default([]),
});
export type PlaybookCase = z.infer<typeof Case>;
const Tests = z.strictObject({ attack: Case, benign: Case });

/** `<id>.tests.yml`. */
export const testsOf = async (id: string): Promise<z.infer<typeof Tests>> =>
  Tests.parse(parse(await readFile(join(shippedPlaybooks, `${id}.tests.yml`), 'utf8')));

/** Rows of a case, by table. */
export function rowsOf({ rows, repeat }: PlaybookCase): Record<string, Record<string, unknown>[]> {
  const given = Object.entries(rows).map(([table, list]) => [table, list.map((row) => stored(row))] as const);
  const repeated = repeat
    ? Array.from({ length: repeat.times }, (_, i) => stored(repeat.row, i * repeat.everySeconds * 1_000))
    : [];
  const all: Record<string, Record<string, unknown>[]> = Object.fromEntries(given);
  if (repeat) all[repeat.table] = [...(all[repeat.table] ?? []), ...repeated];
  return all;
}

const stored = ({ at, ...columns }: z.infer<typeof Row>, later = 0): Record<string, unknown> => ({
  TimeGenerated: new Date(at.getTime() + later).toISOString(),
  ...columns,
});

/** The alert of a case, with an id of its own. */
export const alertOf = ({ alert }: PlaybookCase, id: string, more: Partial<NewAlert> = {}): NewAlert => ({
  id,
  ruleId: `rule ${id}`,
  name: alert.name,
  description: alert.description,
  severity: 'Medium',
  tactics: alert.tactics,
  techniques: [],
  startTime: alert.at,
  endTime: alert.at,
  entities: resolveEntities(alert.entities),
  customDetails: {},
  query: 'SecurityEvent',
  queryFrom: alert.at,
  queryTo: alert.at,
  createIncident: true,
  grouping: undefined,
  row: { SystemAlertId: id },
  ...more,
});
