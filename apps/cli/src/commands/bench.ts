import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Finish } from './types.ts';

const folder = fileURLToPath(new URL('../../../../bench/', import.meta.url));

export function benchCommand(finish: Finish): Command {
  return new Command('bench')
    .description('run a benchmark of bench/; it prints its figures as JSON')
    .argument('[name]', 'which; without it, the names')
    .allowUnknownOption()
    .argument('[args...]', 'given on to the benchmark')
    .action(async (name: string | undefined, args: string[]) => {
      const names = readdirSync(folder)
        .filter((file) => file.endsWith('.ts'))
        .map((file) => file.slice(0, -3));
      if (name === undefined || !names.includes(name) || !existsSync(`${folder}${name}.ts`)) {
        process.stdout.write(`${names.join('\n')}\n`);
        finish(name === undefined ? 0 : 2);
        return;
      }
      finish(await runScript(`${folder}${name}.ts`, args));
    });
}

function runScript(path: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
