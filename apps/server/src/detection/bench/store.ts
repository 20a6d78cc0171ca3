import { randomUUID } from 'node:crypto';
import { BenchReport, BenchRun } from '@sallyport/contracts';
import type { Platform } from '../../platform/types.ts';

/** Runs kept; older ones go. */
const runsMax = 100;

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly saved_by: string;
  readonly rules: number;
  readonly sets: unknown;
}

const runOf = ({ id, at, saved_by, rules, sets }: Row): BenchRun =>
  BenchRun.parse({ id, at: at.toISOString(), savedBy: saved_by, rules, sets });

/** The runs of the test bench that are kept. */
export function benchRuns(database: Platform['database']) {
  return {
    /** Newest first. */
    list: async (): Promise<BenchRun[]> =>
      (
        await database.query<Row>(
          'SELECT id, at, saved_by, rules, sets FROM bench_runs ORDER BY at DESC, id LIMIT $1',
          [runsMax],
        )
      ).map(runOf),
    get: async (id: string): Promise<BenchReport | undefined> => {
      const row = await database.first<{ report: unknown }>('SELECT report FROM bench_runs WHERE id = $1', [id]);
      return row && BenchReport.parse(row.report);
    },
    save: async (report: BenchReport, by: string): Promise<BenchRun> => {
      const sets = report.sets.map(({ name, attacks, hit, quiet, noise, alertsPerDay }) => ({
        name,
        attacks,
        hit,
        quiet,
        noise: noise.length,
        alertsPerDay,
      }));
      const run = { id: randomUUID(), at: new Date(report.at), saved_by: by, rules: report.rules, sets };
      await database.transaction(async (tx) => {
        await tx.query(
          'INSERT INTO bench_runs (id, at, saved_by, rules, sets, report) VALUES ($1, $2, $3, $4, $5, $6)',
          [run.id, run.at, by, run.rules, JSON.stringify(sets), JSON.stringify(report)],
        );
        await tx.query(
          'DELETE FROM bench_runs WHERE id IN (SELECT id FROM bench_runs ORDER BY at DESC, id OFFSET $1)',
          [runsMax],
        );
      });
      return runOf(run);
    },
  };
}
