import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import {
  defaultText,
  environmentName,
  flagName,
  settingKeys,
  settings,
  type Setting,
  type SettingKey,
} from './settings.ts';
import { writtenBytes, writtenDuration } from './values.ts';

export { configurationManual } from './manual.ts';
export { settingKeys, settings, flagName, environmentName, type SettingKey } from './settings.ts';

export type SettingOrigin = 'default' | 'file' | 'environment' | 'flag';

/** Every setting, parsed: sizes in bytes, times in milliseconds. Plain JSON, so that the supervisor can hand it to the server. */
export type Config = { readonly [K in SettingKey]: z.infer<(typeof settings)[K]['schema']> } & {
  readonly origins: Readonly<Record<SettingKey, SettingOrigin>>;
};

/** A setting that can't be used. The message names the key and where the value came from, and doesn't show secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ConfigSources {
  /** By key, as the command line gave them; undefined where it didn't. */
  readonly flags?: Readonly<Partial<Record<SettingKey, string | number | boolean | undefined>>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Text of sallyport.yml; default: the file in the data folder, when there is one. */
  readonly file?: string;
}

/** A flag wins over the environment, that over the file `sallyport.yml` in the data folder, that over the default. Throws ConfigError. */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const found = (key: SettingKey, file: Readonly<Record<string, unknown>>) => {
    const own: Setting = settings[key];
    const given: [SettingOrigin, unknown, string][] = [
      ['flag', sources.flags?.[key], flagName(key)],
      ['environment', environment[environmentName(key)], environmentName(key)],
      ['file', file[key], 'sallyport.yml'],
      ['default', typeof own.default === 'function' ? own.default() : own.default, 'default'],
    ];
    return given.find(([, value]) => value !== undefined && value !== null)!;
  };
  const value = (key: SettingKey, file: Readonly<Record<string, unknown>> = {}) => {
    const [origin, raw, place] = found(key, file);
    const parsed = settings[key].schema.safeParse(raw);
    if (parsed.success) return { origin, value: parsed.data };
    const shown = 'secret' in settings[key] ? '' : ` \`${String(raw)}\``;
    throw new ConfigError(
      `setting \`${key}\` (from ${place})${shown}: ${parsed.error.issues[0]?.message ?? 'not valid'}`,
    );
  };
  const dataDir = resolve(String(value('dataDir').value));
  const file = parseFile(sources.file ?? readFile(join(dataDir, 'sallyport.yml')));
  const all = settingKeys.map((key) => [key, value(key, file)] as const);
  const values = Object.fromEntries(all.map(([key, v]) => [key, v.value]));
  const origins = Object.fromEntries(all.map(([key, v]) => [key, v.origin]));
  const config = { ...values, dataDir, origins } as Config;
  checkTogether(config);
  return config;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigError(`can't read ${path}: ${(error as Error).message}`);
  }
}

function parseFile(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = parseYaml(text) ?? {};
  } catch (error) {
    throw new ConfigError(`sallyport.yml is not YAML: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ConfigError('sallyport.yml must hold `key: value` lines');
  const known = new Set<string>(settingKeys);
  const unknown = Object.keys(parsed).find((key) => !known.has(key));
  if (unknown !== undefined) throw new ConfigError(`setting \`${unknown}\` (from sallyport.yml) is not known`);
  if ('dataDir' in parsed)
    throw new ConfigError('setting `dataDir` (from sallyport.yml) can only be a flag or in the environment');
  return parsed as Record<string, unknown>;
}

function checkTogether(config: Config): void {
  if ((config.tlsCertificateFile === '') !== (config.tlsKeyFile === ''))
    throw new ConfigError('setting `tlsCertificateFile` and `tlsKeyFile`: give both or neither');
  if (config.smtpUrl !== '' && config.smtpFrom === '')
    throw new ConfigError('setting `smtpFrom`: needed with `smtpUrl`');
  if (config.sessionIdle > config.sessionMax)
    throw new ConfigError('setting `sessionIdle`: must not be longer than `sessionMax`');
}

/** The address people use: `publicUrl`, or localhost and the port. */
export const publicUrlOf = (config: Pick<Config, 'publicUrl' | 'port'>): string =>
  config.publicUrl === '' ? `https://localhost:${config.port}` : config.publicUrl;

export interface SettingInForce {
  key: string;
  value: string;
  default: string;
  from: SettingOrigin;
  description: string;
}

function valueText(value: unknown, unit: string | undefined): string {
  if (typeof value === 'number' && unit === 'bytes') return writtenBytes(value);
  if (typeof value === 'number' && unit === 'milliseconds') return writtenDuration(value);
  return unit === undefined || value === '' ? String(value) : `${String(value)} ${unit}`;
}

/** Every setting with its value as text, secrets hidden. */
export function settingsInForce(config: Config): SettingInForce[] {
  return settingKeys.map((key) => {
    const own: Setting = settings[key];
    const value = valueText(config[key], own.unit);
    return {
      key,
      value: own.secret === true && value !== '' ? '(hidden)' : value,
      default: defaultText(key),
      from: config.origins[key],
      description: own.description,
    };
  });
}
