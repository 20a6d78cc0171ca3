import { statSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { removeDataFolder, temporaryFolder } from '../supervisor/temporary.ts';
import { canonicalJson } from './canonical-json.ts';
import { manualClock } from './clock.ts';
import { loadConfig } from './config/index.ts';
import { loadTls } from './http/index.ts';
import { createLog } from './log.ts';
import { createSealing, loadSealingKey } from './sealing.ts';

const dataDir = temporaryFolder();
afterAll(() => removeDataFolder(dataDir));

describe('sealing', () => {
  const sealing = createSealing(loadSealingKey(dataDir));
  const sealed = sealing.seal(Buffer.from('secret'), 'totp:anna');

  it('opens with the same key and purpose only', () => {
    expect(createSealing(loadSealingKey(dataDir)).open(sealed, 'totp:anna').toString()).toBe('secret');
    expect(() => sealing.open(sealed, 'totp:eve')).toThrow('unable to authenticate');
    expect(() => createSealing(Buffer.alloc(32)).open(sealed, 'totp:anna')).toThrow('unable to authenticate');
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i]! ^= 1;
      expect(() => sealing.open(changed, 'totp:anna')).toThrow(/unable to authenticate|not a sealed secret/);
    }
  });

  it('derives the same secret for a purpose, and another for another', () => {
    const derived = sealing.derive('a');
    expect(derived).toHaveLength(64);
    expect(createSealing(loadSealingKey(dataDir)).derive('a')).toEqual(derived);
    expect([sealing.derive('b'), createSealing(Buffer.alloc(32)).derive('a')]).not.toContainEqual(derived);
  });

  it('keeps its key to itself', () => {
    expect(statSync(join(dataDir, 'keys', 'sealing.key')).mode & 0o777).toBe(0o600);
  });
});

describe('certificates', () => {
  const config = loadConfig({ flags: { dataDir, publicUrl: 'https://soc.contoso.com' }, environment: {}, file: '' });
  const clock = manualClock(new Date());

  it('are made once, cover every name, and are renewed under the same CA before they end', async () => {
    const first = await loadTls(config, clock);
    expect(await loadTls(config, clock)).toEqual(first);
    const leaf = new X509Certificate(first.certificate);
    for (const name of ['localhost', 'soc.contoso.com']) expect(leaf.checkHost(name)).toBe(name);
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.verify(new X509Certificate(first.authority).publicKey)).toBe(true);
    clock.advance(370 * 86_400_000);
    const second = await loadTls(config, clock);
    expect(second.authority).toBe(first.authority);
    expect(second.certificate).not.toBe(first.certificate);
    for (const file of ['ca-key.pem', 'server-key.pem'])
      expect(statSync(join(dataDir, 'tls', file)).mode & 0o777).toBe(0o600);
  });

  it('are made anew for a new public name', async () => {
    const renamed = loadConfig({ flags: { dataDir, publicUrl: 'https://new.contoso.com' }, environment: {}, file: '' });
    expect(new X509Certificate((await loadTls(renamed, clock)).certificate).checkHost('new.contoso.com')).toBeDefined();
  });
});

describe('the log', () => {
  it('hides secrets by their field', () => {
    let text = '';
    const log = createLog({ level: 'info', destination: { write: (line) => void (text += line) } });
    log.info({ password: 'p1', body: { totpCode: '123456', name: 'anna' }, databaseUrl: 'postgres://u:p2@h' }, 'x');
    expect(text).toContain('"name":"anna"');
    for (const secret of ['p1', '123456', 'p2']) expect(text).not.toContain(secret);
  });
});

describe('canonical JSON', () => {
  it('is the same for equal values', () => {
    expect(canonicalJson({ b: [1, undefined, { z: null, a: 'é' }], a: new Date(0), c: undefined })).toBe(
      '{"a":"1970-01-01T00:00:00.000Z","b":[1,null,{"a":"é","z":null}]}',
    );
  });
});
