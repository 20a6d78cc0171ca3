import { z } from 'zod';
import type { Sealing } from '../../platform/sealing.ts';

const Secrets = z.record(z.string(), z.string());
const purpose = (connectorId: string): string => `connector:${connectorId}`;

/** Null when there are none. */
export function sealSecrets(
  sealing: Sealing,
  connectorId: string,
  secrets: Readonly<Record<string, string>>,
): Buffer | null {
  if (Object.keys(secrets).length === 0) return null;
  return sealing.seal(Buffer.from(JSON.stringify(secrets)), purpose(connectorId));
}

export function openSecrets(
  sealing: Sealing,
  connectorId: string,
  sealed: Uint8Array | null,
): Readonly<Record<string, string>> {
  if (sealed === null) return {};
  return Secrets.parse(JSON.parse(sealing.open(sealed, purpose(connectorId)).toString()));
}
