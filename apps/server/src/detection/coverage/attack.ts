import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { attackFile, readEnterpriseAttack } from '../../platform/attack.ts';

const LogTables = z.array(z.strictObject({ log: z.string().min(1), tables: z.array(z.string()).min(1) }));

export interface AttackTechnique {
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly string[];
  readonly parent?: string | undefined;
  readonly components: readonly string[];
  /** Tables with the log sources by which one sees it. */
  readonly tables: readonly string[];
}

/** MITRE ATT&CK for enterprises, as `content/attack` has it. */
export interface AttackMatrix {
  readonly notice: string;
  readonly modified: string;
  readonly tactics: readonly { readonly id: string; readonly name: string }[];
  readonly techniques: readonly AttackTechnique[];
}

export async function loadAttack(): Promise<AttackMatrix> {
  const { techniques, ...head } = await readEnterpriseAttack();
  const places = LogTables.parse(parse(await readFile(attackFile('log-sources.yml'), 'utf8')));
  const tablesOf = (log: string): readonly string[] => places.find((place) => fits(place.log, log))?.tables ?? [];
  return {
    ...head,
    techniques: techniques.map(({ logs, ...rest }) => ({
      ...rest,
      tables: [...new Set(logs.flatMap(tablesOf))].toSorted(),
    })),
  };
}

const fits = (pattern: string, log: string): boolean =>
  pattern.endsWith('*') ? log.startsWith(pattern.slice(0, -1)) : log === pattern;
