import type { RuleCost } from '@sallyport/contracts';
import { bytes, count } from '../../shared/numbers.ts';

/** Seconds of processor time as people read them: `0.03 s`, `12 s`, `1.5 h`. */
export const cpuText = (seconds: number): string =>
  seconds >= 3_600
    ? `${(seconds / 3_600).toFixed(1)} h`
    : seconds >= 120
      ? `${(seconds / 60).toFixed(1)} min`
      : seconds >= 10
        ? `${Math.round(seconds)} s`
        : `${seconds.toFixed(seconds >= 1 ? 1 : 2)} s`;

export const costText = ({ cpuSeconds, rowsRead, bytesRead }: RuleCost): string =>
  `${cpuText(cpuSeconds)} of processor time, ${count(rowsRead)} rows and ${bytes(bytesRead)} read`;
