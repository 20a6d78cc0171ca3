import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationManual, loadConfig, publicUrlOf, settingsInForce, type ConfigSources } from './index.ts';

const load = (sources: ConfigSources = {}) => loadConfig({ environment: {}, file: '', ...sources });

describe('configuration', () => {
  it('takes a flag before the environment, that before the file, that before the default', () => {
    const file = 'port: 1\nspoolMaxBytes: 1 GiB\nlogLevel: warn\n';
    const environment = { SALLYPORT_PORT: '2', SALLYPORT_LOG_LEVEL: 'error', DATABASE_URL: 'postgres://u:secret@h/d' };
    const config = load({ file, environment, flags: { port: 3 } });
    expect(config).toMatchObject({ port: 3, logLevel: 'error', spoolMaxBytes: 2 ** 30, sessionIdle: 3_600_000 });
    expect(config.origins).toMatchObject({
      port: 'flag',
      logLevel: 'environment',
      spoolMaxBytes: 'file',
      host: 'default',
    });
    expect(publicUrlOf(config)).toBe('https://localhost:3');
    const shown = settingsInForce(config);
    expect(shown.find(({ key }) => key === 'databaseUrl')).toMatchObject({ value: '(hidden)', from: 'environment' });
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(shown.find(({ key }) => key === 'spoolMaxBytes')?.value).toBe('1 GiB');
    expect(shown.find(({ key }) => key === 'sessionIdle')?.value).toBe('1 h');
  });

  it.each<[ConfigSources, string]>([
    [{ flags: { port: '70000' } }, 'setting `port` (from --port) `70000`: expected a whole number, 0 to 65535'],
    [
      { environment: { SALLYPORT_SESSION_IDLE: 'soon' } },
      'setting `sessionIdle` (from SALLYPORT_SESSION_IDLE) `soon`: expected a time such as `30 s`, 1 min to 24 h',
    ],
    [
      { file: 'spoolMaxBytes: 1 KiB' },
      'setting `spoolMaxBytes` (from sallyport.yml) `1 KiB`: expected a size such as `16 MiB`, at least 16 MiB',
    ],
    [{ file: 'prot: 1' }, 'setting `prot` (from sallyport.yml) is not known'],
    [{ file: 'collectHost: maybe' }, 'setting `collectHost` (from sallyport.yml) `maybe`: expected `on` or `off`'],
    [
      { file: 'syslogAllowedSenders: [10.0.0.0/8, "::1", 10.0.0.0/33]' },
      'setting `syslogAllowedSenders` (from sallyport.yml) `10.0.0.0/8,::1,10.0.0.0/33`: expected addresses or ranges such as `192.0.2.0/24`, comma-separated',
    ],
    [{ file: 'dataDir: /x' }, 'setting `dataDir` (from sallyport.yml) can only be a flag or in the environment'],
    [{ file: '- a' }, 'sallyport.yml must hold `key: value` lines'],
    [
      { environment: { DATABASE_URL: 'mysql://u:secret@h' } },
      'setting `databaseUrl` (from DATABASE_URL): expected a URL that begins with `postgres://` or `postgresql://`',
    ],
    [{ flags: { tlsKeyFile: '/k' } }, 'setting `tlsCertificateFile` and `tlsKeyFile`: give both or neither'],
  ])('names the key and where a wrong value came from: %j', (sources, message) => {
    expect(() => load(sources)).toThrow(message);
  });

  it('is in the manual as it is', () => {
    const manual = readFileSync(new URL('../../../../../docs/operations/configuration.md', import.meta.url), 'utf8');
    expect(manual, 'run `node apps/server/src/platform/config/write-manual.ts`').toBe(configurationManual());
  });
});
