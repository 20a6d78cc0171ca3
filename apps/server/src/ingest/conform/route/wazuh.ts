import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { nothingExpected, type RouteCase } from './cases.ts';

const Line = z.object({ file: z.string(), log: z.string(), decoder: z.string().default('') });

/**
 * Wazuh's own tests as JSON lines: each has the line and the decoder that must take it. Lines of one file and decoder are one case. The suite names
 * no fields. Throws with the number of the line where one is not of that shape.
 */
export function readWazuh(path: string): RouteCase[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const parsed = lines.flatMap((text, n) => {
    if (text.trim() === '') return [];
    try {
      return [Line.parse(JSON.parse(text))];
    } catch (error) {
      throw new Error(`${path}, line ${n + 1}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  });
  return [...Map.groupBy(parsed, ({ file, decoder }) => `${file} ${decoder}`)].map(([name, group]) => {
    const [{ file, decoder } = { file: '', decoder: '' }] = group;
    return {
      name,
      formats: [`${decoder} ${file}`, decoder, file],
      lines: group.map(({ log }) => ({ text: log.trim(), expected: nothingExpected })),
    };
  });
}
