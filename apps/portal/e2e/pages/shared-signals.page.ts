import { createServer } from 'node:http';
import { deliveryMethods } from '@sallyport/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openPortal, type Portal } from './portal.ts';
import { signalsPort } from './sallyport.ts';

/** A transmitter as far as it is read when its signals are to be taken. */
const peer = createServer((_request, response) => {
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, keys: [] }));
});
let issuer = '';
let portal: Portal;
beforeAll(async () => {
  const port = await signalsPort;
  await new Promise<void>((resolve) => peer.listen(port, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${port}`;
  portal = await openPortal();
}, 60_000);
afterAll(() => {
  peer.closeAllConnections();
  peer.close();
});

test('shared-signals: a transmitter is taken and removed; a stream is paused, verified and ended', async () => {
  const { page, client, url } = portal;
  const { secret } = await client.createToken({ body: { name: 'receiver', scopes: ['sharedSignals.exchange'] } });
  const made = await page.request.post(`${url}/ssf/streams`, {
    headers: { authorization: `Bearer ${secret}` },
    data: { description: 'Intune of Contoso', delivery: { method: deliveryMethods.poll } },
  });
  expect(made.status()).toBe(201);
  const { stream_id: id } = z.object({ stream_id: z.string() }).parse(await made.json());

  await portal.goto('/settings?tab=shared-signals');
  await page.getByText('No transmitters').waitFor();
  await page.getByRole('button', { name: 'Take the signals of a transmitter' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Fabrikam');
  await dialog.getByRole('textbox', { name: 'Issuer' }).fill(issuer);
  await dialog.getByRole('textbox', { name: 'Audience' }).fill('https://sallyport.contoso.com');
  expect(await portal.barriers()).toEqual([]);
  await dialog.getByRole('button', { name: 'Take them' }).click();
  await dialog.waitFor({ state: 'detached' });
  const transmitter = page.getByRole('complementary', { name: 'Transmitter' });
  await transmitter.getByText('/ssf/receive/').waitFor();
  expect(await portal.barriers()).toEqual([]);
  await portal.picture('shared-signals');
  await transmitter.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No transmitters').waitFor();

  await page.getByRole('row').filter({ hasText: 'Intune of Contoso' }).click();
  const stream = page.getByRole('complementary', { name: 'Stream' });
  await stream.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('A verification event is on its way').waitFor();
  await stream.getByRole('button', { name: 'Pause' }).click();
  await stream.getByRole('button', { name: 'Enable' }).waitFor();
  expect((await client.ssfReadStatus({ query: { stream_id: id } })).status).toBe('paused');
  await stream.getByRole('button', { name: 'End' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
  await page.getByText('No streams').waitFor();
  expect(portal.complaints).toEqual([]);
}, 120_000);
