import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RiskActivity, IdentityRiskLevel } from '@sallyport/contracts';
import { parse } from 'yaml';
import { z } from 'zod';
import { isRiskEventType, type RiskEventType } from './kinds.ts';

/** What is concluded of rows of the lake: `content/identity-protection`. See docs/identity-protection.md. */
export const shippedIdentityProtection = fileURLToPath(
  new URL('../../../../content/identity-protection', import.meta.url),
);

const PartFile = z.strictObject({
  /** Texts that the query is given beside its window. */
  parameters: z.array(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/)).default([]),
  query: z.string().min(1),
});
export type Part = z.infer<typeof PartFile>;

const DetectionFile = z.strictObject({
  name: z.string().min(1).max(200),
  description: z.string().min(1).max(1_000),
  activity: RiskActivity,
  /** Of rows that don't say their own. */
  level: IdentityRiskLevel,
  /** Also answered inside of sign-ins to Sallyport. */
  realtime: z.boolean().default(false),
  /** How far before its window it reads. */
  history: z.string().regex(/^\d+d$/),
  query: z.string().min(1),
});
export interface OfflineDetection extends z.infer<typeof DetectionFile> {
  readonly riskEventType: RiskEventType;
}

export interface RiskContent {
  readonly learn: Part;
  readonly addresses: Part;
  readonly spray: Part;
  readonly detections: readonly OfflineDetection[];
}

/** Reads the folder. Throws Error naming the file. */
export async function loadRiskContent(folder = shippedIdentityProtection): Promise<RiskContent> {
  const read = async <T>(file: string, schema: z.ZodType<T>): Promise<T> => {
    const path = join(folder, file);
    const result = schema.safeParse(parse(await readFile(path, 'utf8')));
    if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
    return result.data;
  };
  const files = (await readdir(join(folder, 'detections'))).filter((file) => file.endsWith('.yaml')).toSorted();
  const detections = await Promise.all(
    files.map(async (file) => {
      const riskEventType = basename(file, '.yaml');
      if (!isRiskEventType(riskEventType)) throw new Error(`${file}: \`${riskEventType}\` is no riskEventType`);
      return { riskEventType, ...(await read(join('detections', file), DetectionFile)) };
    }),
  );
  return {
    learn: await read('learn.yaml', PartFile),
    addresses: await read('addresses.yaml', PartFile),
    spray: await read('spray.yaml', PartFile),
    detections,
  };
}
