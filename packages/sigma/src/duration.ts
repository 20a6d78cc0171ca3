import { SigmaError } from './types.ts';

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, M: 30 * 86_400 };
const secondsMax = 90 * 86_400;

/** Seconds of `15s`, `5m`, `1h`, `7d`, `1w`, `1M` (a month is 30 days). At most 90 days. */
export function durationOf(text: string, line: number): number {
  const match = /^\s*(\d{1,6})\s*([smhdwM])\s*$/.exec(text);
  const seconds = match ? Number(match[1]) * (secondsIn[match[2] ?? ''] ?? 0) : 0;
  if (seconds <= 0)
    throw new SigmaError(line, `expected a time such as \`30s\`, \`5m\`, \`1h\` or \`7d\`, not \`${text}\``);
  if (seconds > secondsMax) throw new SigmaError(line, `\`${text}\`: more than 90 days`);
  return seconds;
}
