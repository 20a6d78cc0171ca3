import { expect, it } from 'vitest';
import { crashRules } from './rules-crash.ts';

it('a server that is killed while rules run skips no window and alerts of nothing twice', async () => {
  const report = await crashRules({ kills: 1, rules: 4, windows: 6, random: () => 0.5 });
  expect(report).toMatchObject({
    kills: 1,
    windowsSkipped: 0,
    windowsRunAgain: 0,
    alertsMissing: 0,
    alertsTooMany: 0,
    arrivedRows: 3,
    arrivedRowsAlertedOtherThanOnce: 0,
    uploadAlertsWrong: 0,
  });
  expect(report.windows).toBeGreaterThanOrEqual(4 * 12);
  expect(report.alerts).toBeGreaterThan(20);
}, 900_000);
