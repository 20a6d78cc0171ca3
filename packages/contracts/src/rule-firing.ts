/** What of a rule decides how many alerts its runs raise. Durations are seconds. */
export interface FiringSettings {
  /** Of a rule in near real time fewer alerts are made of one run. */
  readonly kind: string;
  readonly triggerOperator: 'GreaterThan' | 'LessThan' | 'Equal' | 'NotEqual';
  readonly triggerThreshold: number;
  readonly eventGrouping: 'SingleAlert' | 'AlertPerResult';
  /** How long the rule stays quiet after an alert; 0 for never. */
  readonly suppression: number;
}

/** Whether a run with that many rows raises an alert. */
export function triggers(
  { triggerOperator, triggerThreshold }: Pick<FiringSettings, 'triggerOperator' | 'triggerThreshold'>,
  rows: number,
): boolean {
  switch (triggerOperator) {
    case 'GreaterThan':
      return rows > triggerThreshold;
    case 'LessThan':
      return rows < triggerThreshold;
    case 'Equal':
      return rows === triggerThreshold;
    case 'NotEqual':
      return rows !== triggerThreshold;
  }
}

/** Reference 04: alerts of one run with a rule that raises one for each row. The last one summarises all rows. */
export const alertsPerRunMax = ({ kind }: Pick<FiringSettings, 'kind'>): number => (kind === 'NRT' ? 30 : 150);

/**
 * The alerts that runs of a rule would raise, by the rows that each found, after threshold, event grouping and suppression. `to` is a window's end,
 * milliseconds; windows are in order of it. Pure: the portal draws with it what another threshold would do.
 */
export function firings(
  settings: FiringSettings,
  windows: readonly { readonly to: number; readonly rows: number }[],
): { readonly alerts: number; readonly suppressed: boolean }[] {
  let quietUntil = -Infinity;
  return windows.map(({ to, rows }) => {
    const suppressed = settings.suppression > 0 && to < quietUntil;
    if (suppressed || !triggers(settings, rows)) return { alerts: 0, suppressed };
    if (settings.suppression > 0) quietUntil = to + settings.suppression * 1_000;
    const single = settings.eventGrouping === 'SingleAlert' || rows === 0;
    return { alerts: single ? 1 : Math.min(rows, alertsPerRunMax(settings)), suppressed };
  });
}
