import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { Command, Option } from 'commander';
import { flagName, loadConfig, runSupervisor, settingKeys, settings, type SettingKey } from '@sallyport/server';
import type { Finish } from './types.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

export function upCommand(finish: Finish): Command {
  const command = new Command('up').description('run everything; prints the address and the first-administrator link');
  for (const key of settingKeys)
    command.addOption(new Option(`${flagName(key)} <value>`, settings[key].description).argParser(String));
  command.option('--demo', 'add the made-up company Contoso: a week of its life and one attack');
  return command.action(async (options: Record<string, string | boolean>) => {
    const flags = Object.fromEntries(settingKeys.map((key) => [key, options[optionName(key)]]));
    const config = loadConfig({ flags });
    const [code] = await Promise.all([
      runSupervisor({ config, demo: options['demo'] === true }),
      buildPortalIfMissing(),
    ]);
    finish(code);
  });
}

/** Commander's own name for an option: `--max-rows` → `maxRows`, `--data` → `data`. */
const optionName = (key: SettingKey): string =>
  flagName(key)
    .slice(2)
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The portal is built once after the install; pages answer "being built" until then. */
async function buildPortalIfMissing(): Promise<void> {
  if (existsSync(`${root}apps/portal/dist/index.html`)) return;
  const vite = fileURLToPath(import.meta.resolve('vite/bin/vite.js'));
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'error'], {
      cwd: `${root}apps/portal`,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`building the portal ended with code ${code}`)),
    );
  });
}
