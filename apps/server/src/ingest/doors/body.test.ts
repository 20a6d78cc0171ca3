import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BodyBuffers } from './body.ts';

const buffers = () => new BodyBuffers({ bytesMax: 1_000, keptMax: 1, room: 0, pace: { bytes: 10, ms: 40 } });
const text = (bytes: Buffer): Promise<string> => Promise.resolve(bytes.toString());

it('reads a body that comes in parts, as long as some of it comes', async () => {
  const body = new PassThrough();
  const read = buffers().with(body, undefined, text);
  for (let i = 0; i < 5; i++) {
    body.write('x'.repeat(20));
    await sleep(20);
  }
  body.end('y');
  expect(await read).toBe(`${'x'.repeat(100)}y`);
});

it('gives up a body that trickles, and what still comes of it is not another’s', async () => {
  const pool = buffers();
  const body = new PassThrough();
  const read = pool.with(body, undefined, text);
  body.write('slow');
  await expect(read).rejects.toMatchObject({ code: 'BadRequest', message: 'the body came too slowly' });
  const other = new PassThrough();
  const second = pool.with(other, undefined, text);
  body.write('LATE');
  other.end('fast');
  expect(await second).toBe('fast');
});
