import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { page, states } from './page.ts';

const file = new URL('../../../docs/kql.md', import.meta.url);

describe('docs/kql.md', () => {
  it('is what `npm run docs:kql` writes', async () => {
    const style = await resolveConfig(file);
    const now = await format(page(), { ...style, parser: 'markdown' });
    expect(readFileSync(file, 'utf8'), 'run npm run docs:kql').toBe(now);
  });

  it('names each once, and says of what is refused why', () => {
    for (const [title, entries] of states()) {
      const names = entries.map((e) => e.name);
      expect(new Set(names).size, title).toBe(names.length);
      for (const e of entries) expect(e.refusal === undefined || e.refusal.length > 5, e.name).toBe(true);
    }
  });
});
