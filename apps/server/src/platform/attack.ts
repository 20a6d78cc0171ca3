import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const Attack = z.strictObject({
  notice: z.string(),
  modified: z.string(),
  tactics: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  techniques: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      tactics: z.array(z.string()),
      parent: z.string().optional(),
      components: z.array(z.string()),
      logs: z.array(z.string()),
    }),
  ),
});
export type EnterpriseAttack = z.infer<typeof Attack>;

export const attackFile = (name: string): URL => new URL(`../../../../content/attack/${name}`, import.meta.url);

/** MITRE ATT&CK for enterprises, as `content/attack/enterprise.json` has it. */
export const readEnterpriseAttack = async (): Promise<EnterpriseAttack> =>
  Attack.parse(JSON.parse(await readFile(attackFile('enterprise.json'), 'utf8')));
