import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { file, formatted } from './formatted.ts';
import { states } from './page.ts';

describe('docs/kql.md', () => {
  it('is what `npm run docs:kql` writes', async () => {
    expect(readFileSync(file, 'utf8'), 'run npm run docs:kql').toBe(await formatted());
  });

  it('names each once, and says of what is refused why', () => {
    for (const [title, entries] of states()) {
      const names = entries.map((e) => e.name);
      expect(new Set(names).size, title).toBe(names.length);
      for (const e of entries) expect(e.refusal === undefined || e.refusal.length > 5, e.name).toBe(true);
    }
  });
});
