import type { Verdict } from '@sallyport/contracts';

/** One thing that speaks for a threat, or against one. */
export interface Point {
  readonly text: string;
  readonly score: number;
}
/** By playbook, step and number of the judgement: what several rows say alike counts once. */
export type Points = Readonly<Record<string, Point>>;

export const maliciousScore = 80;
export const suspiciousScore = 40;

/** The sum of what speaks for and against, 0 to 100, and what that is; `rows`: how many rows tell of it. */
export function verdictOf(points: Points, rows: number): { readonly verdict: Verdict; readonly score: number } {
  // Two playbooks may tell of one fact in the same words.
  const byText = new Map<string, number>();
  for (const { text, score } of Object.values(points)) byText.set(text, Math.max(score, byText.get(text) ?? score));
  const sum = [...byText.values()].reduce((total, score) => total + score, 0);
  const score = Math.max(0, Math.min(100, sum));
  if (score >= maliciousScore) return { verdict: 'Malicious', score };
  if (score >= suspiciousScore) return { verdict: 'Suspicious', score };
  return { verdict: rows > 0 ? 'NoThreatsFound' : 'Unknown', score };
}

export const isThreat = (verdict: Verdict): boolean => verdict === 'Malicious' || verdict === 'Suspicious';
