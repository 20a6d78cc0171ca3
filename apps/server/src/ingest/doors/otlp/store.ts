import { SallyportError } from '@sallyport/contracts';
import type { IngestCore } from '../../core.ts';
import { storeArrivals } from '../arrivals.ts';
import type { Door } from '../door.ts';
import { arrivalsOf } from './arrivals.ts';
import { OtlpFault, type Batch } from './records.ts';

/** Reads records and makes them durable. Throws SallyportError. */
export async function storeBatch(
  core: IngestCore,
  door: Door,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => Batch,
): Promise<Batch> {
  const batch = readOrRefuse(bytes, read);
  if (batch.records.length === 0) return batch;
  await storeArrivals(core, door.name, arrivalsOf(batch));
  door.accepted(batch.records.length, bytes.length);
  return batch;
}

function readOrRefuse(bytes: Uint8Array, read: (bytes: Uint8Array) => Batch): Batch {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof OtlpFault) throw new SallyportError('BadRequest', error.message);
    throw error;
  }
}
