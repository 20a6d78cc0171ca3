import { SallyportError } from '@sallyport/contracts';
import type { IngestCore } from '../../core.ts';
import { storeArrivals, type Origin } from '../arrivals.ts';
import { arrivalsOf } from './arrivals.ts';
import { OtlpFault, type Batch } from './records.ts';

/** Reads records and makes them durable. Throws SallyportError. */
export async function storeBatch(
  core: IngestCore,
  origin: Origin,
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => Batch,
): Promise<Batch> {
  const batch = readOrRefuse(bytes, read);
  if (batch.records.length === 0) return batch;
  await storeArrivals(core, origin, arrivalsOf(batch));
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
