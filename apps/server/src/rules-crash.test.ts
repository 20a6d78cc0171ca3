import { expect, it } from 'vitest';
import { crashRules } from './rules-crash.ts';

it('a server that is killed while rules run skips no window and alerts of nothing twice', async () => {
  const random = [0.1, 0.9, 0.5];
  const report = await crashRules({ kills: 3, rules: 4, windows: 12, random: () => random.shift() ?? 0.5 });
  expect(report).toMatchObject({
    kills: 3,
    windowsSkipped: 0,
    windowsRunAgain: 0,
    alertsMissing: 0,
    alertsTooMany: 0,
    arrivedRows: 9,
    arrivedRowsAlertedOtherThanOnce: 0,
    uploadAlertsWrong: 0,
  });
  expect(report.windows).toBeGreaterThanOrEqual(4 * 24);
  expect(report.alerts).toBeGreaterThan(50);
}, 900_000);
