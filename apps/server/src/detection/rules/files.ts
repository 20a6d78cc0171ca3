import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface RuleFile {
  readonly file: string;
  /** As the caller gave it. */
  readonly shown: string;
}

const filesMax = 50_000;

/** The YAML files of folders, except `tests.yaml`, and single files; by path. Throws when a path given is not there. */
export async function ruleFiles(paths: readonly string[]): Promise<readonly RuleFile[]> {
  const files: RuleFile[] = [];
  for (const path of paths) {
    if (isYaml(path)) {
      files.push({ file: path, shown: path });
      continue;
    }
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || !isYaml(entry.name) || entry.name === 'tests.yaml' || entry.name === 'tests.yml') continue;
      const file = join(entry.parentPath, entry.name);
      files.push({ file, shown: join(path, relative(path, file)) });
      if (files.length > filesMax) throw new RangeError(`more than ${filesMax} rule files`);
    }
  }
  return files.toSorted((a, b) => (a.shown < b.shown ? -1 : 1));
}

const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path);
