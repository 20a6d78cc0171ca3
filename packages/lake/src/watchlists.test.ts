import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WatchlistItemRow } from './watchlists.ts';

let bench: TestLake;
beforeAll(async () => void (bench = await startTestLake()), 60_000);
afterAll(() => bench.stop());

const item = (id: string, version: number): WatchlistItemRow => ({ id, searchKey: id, item: '{}', createdAt: 0, createdBy: 'test', updatedAt: 0, updatedBy: 'test', version, deleted: false, values: [id] }); // prettier-ignore

it('writes a change again when the engine’s connection breaks, and has it once', async () => {
  const to = new URL(bench.engine.url);
  let cuts = 0;
  let isCutting = false;
  // Between us and the engine: breaks the connection that brings the next rows.
  const between = createServer((socket) => {
    const engine = connect(Number(to.port), to.hostname);
    for (const one of [socket, engine]) one.on('error', () => undefined);
    socket.on('data', (bytes) => {
      if (isCutting && bytes.includes('INSERT')) {
        isCutting = false;
        cuts++;
        socket.resetAndDestroy();
        engine.destroy();
      } else engine.write(bytes);
    });
    engine.pipe(socket);
    socket.on('close', () => engine.destroy());
  });
  between.listen(0, '127.0.0.1');
  await once(between, 'listening');
  const lake = await bench.connect({ url: `http://127.0.0.1:${(between.address() as AddressInfo).port}` });
  await lake.watchlists.create('_watchlist_cut', 1);
  isCutting = true;
  await lake.watchlists.write('_watchlist_cut', [item('a', 1), item('b', 1)]);
  expect([cuts, await lake.watchlists.count('_watchlist_cut')]).toEqual([1, 2]);
  between.close();
});
