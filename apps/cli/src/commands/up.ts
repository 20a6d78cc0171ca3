import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
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
    const portal = buildPortalIfOld();
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

/** What the portal is built from. */
const portalSources = ['apps/portal/src', 'apps/portal/index.html', 'packages/contracts/src', 'package-lock.json'];

/** When a file, or one in a folder, was last changed, ms since 1970; 0 where there is none. */
function changedAt(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return Math.max(0, ...names.map((name) => statSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

/** Builds the portal after an install or an update. Answers what went wrong, for a person, or nothing: the API works without it. */
async function buildPortalIfOld(): Promise<string> {
  const built = changedAt(`${root}apps/portal/dist/index.html`);
  if (portalSources.every((path) => changedAt(`${root}${path}`) <= built)) return '';
  const code = await new Promise<number | null>((resolve) => {
    const child = spawn(process.execPath, [`${root}apps/portal/build.ts`], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  return code === 0
    ? ''
    : 'The portal could not be built (see above); the API works. Try `npm run build -w apps/portal`.\n';
}
