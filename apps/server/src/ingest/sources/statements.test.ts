import { fileURLToPath } from 'node:url';
import { compile } from '@sallyport/kql';
import { expect, it } from 'vitest';
import { Catalogue } from '@sallyport/lake';
import { loadSources } from './load.ts';
import { createStreams } from './streams.ts';

it('x', async () => {
  const loaded = await loadSources(fileURLToPath(new URL('../../../../../content/sources', import.meta.url)));
  const catalogue = await Catalogue.load();
  const streams = createStreams({ loaded, catalogue: () => catalogue, compile, now: () => new Date(0) });
  console.log(streams.problems());
  console.log(
    streams
      .statements('Custom-SyslogText', 'import')
      .loads.map((s) => s.table + s.columns.join() + s.select('SRC'))
      .join('\n')
      .slice(0, 6000),
  );
  expect(1).toBe(1);
});
