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
    const portal = buildPortalIfMissing();
    // Who follows the link must find the portal there.
    const print = (text: string): void => void portal.then((trouble) => process.stdout.write(`${text}\n${trouble}`));
    finish(await runSupervisor({ config, demo: options['demo'] === true, print }));
    await portal;
  });
}

/** Commander's own name for an option: `--max-rows` → `maxRows`, `--data` → `data`. */
const optionName = (key: SettingKey): string =>
  flagName(key)
    .slice(2)
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Builds the portal once after the install. Answers what went wrong, for a person, or nothing: the API works without it. */
async function buildPortalIfMissing(): Promise<string> {
  if (existsSync(`${root}apps/portal/dist/index.html`)) return '';
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn(process.execPath, [`${root}apps/portal/build.ts`], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  return code === 0
    ? ''
    : 'The portal could not be built (see above); the API works. Try `npm run build -w apps/portal`.\n';
}
