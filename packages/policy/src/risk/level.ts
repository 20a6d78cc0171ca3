/**
 * From which score on a sign-in is of which level, by `bench/risk.ts`: at low 99.5 % of attackers who know the country are questioned, at medium 99.5 % of those who know
 * nothing; high is what hardly any sign-in of a person's own is.
 */
export const riskThresholds = { low: -1, medium: 0.3, high: 3 } as const;

/** What a score means where no threshold of one's own is learnt. */
export const levelOfScore = (log10: number): 'none' | 'low' | 'medium' | 'high' =>
  log10 >= riskThresholds.high
    ? 'high'
    : log10 >= riskThresholds.medium
      ? 'medium'
      : log10 >= riskThresholds.low
        ? 'low'
        : 'none';
