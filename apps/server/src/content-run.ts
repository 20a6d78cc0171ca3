import { glob, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionDefinition } from '@sallyport/kql';
import { readImport, tryRules, type ImportFile } from './detection/index.ts';
import { createHunting } from './hunting/index.ts';
import { createIncidents } from './incidents/index.ts';
import { withEphemeralPlatform } from './supervisor/ephemeral-platform.ts';

export interface ContentRunOptions {
  /** Files and folders with rules in any form that is imported. */
  readonly paths: readonly string[];
  /** Stored functions that the rules may call. */
  readonly functions: readonly FunctionDefinition[];
  readonly onProgress?: (text: string) => void;
}

export interface ContentRunReport {
  /** Rules that were imported and run. */
  readonly rules: number;
  /** Of files that hold rules, those that are the same rule again. */
  readonly duplicates: number;
  readonly rows: number;
  readonly withRows: number;
  readonly withAlerts: number;
  readonly failed: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly seconds: number;
}

/**
 * Imports the rules of files and folders and runs each once as on schedule, over rows made for it; see `tryRules`. Everything is in a fresh workspace that is gone
 * afterwards. Throws when a path given is not there.
 */
export async function runContent({ paths, functions, onProgress }: ContentRunOptions): Promise<ContentRunReport> {
  const started = performance.now();
  const { found, problems } = await readImport(await filesOf(paths));
  const rules = found.flatMap((one) => one.rules);
  const errors = problems.filter(({ level, code }) => level === 'error' && code !== 'DuplicateId');
  return withEphemeralPlatform({}, async (platform) => {
    const { queries } = createHunting(platform, { functions });
    const incidents = createIncidents(platform, { queries });
    const trial = await tryRules({ platform, queries, incidents }, rules, {
      onProgress: (done, total) => onProgress?.(`ran ${done} of ${total} rules`),
    });
    return {
      ...trial,
      duplicates: problems.filter(({ code }) => code === 'DuplicateId').length,
      failed: [
        ...errors.map(({ path, line, code, message }) => ({ path, code, message: `${message} (line ${line})` })),
        ...trial.failed,
      ],
      seconds: Math.round((performance.now() - started) / 10) / 100,
    };
  });
}

async function filesOf(paths: readonly string[]): Promise<readonly ImportFile[]> {
  const files: ImportFile[] = [];
  const add = async (path: string): Promise<void> => void files.push({ path, text: await readFile(path, 'utf8') });
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      await add(path);
      continue;
    }
    const names: string[] = [];
    for await (const name of glob('**/*.{yaml,yml,json}', { cwd: path }))
      if (!/(^|\/)(tests|placeholders)\.ya?ml$/i.test(name)) names.push(name);
    for (const name of names.toSorted()) await add(join(path, name));
  }
  return files;
}
