/** A server that does nothing but run jobs, for jobs.test.ts. Told by messages what to queue. */
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createTracing } from '../tracing.ts';
import { createJobs } from './index.ts';

const database = openDatabase({ url: process.argv[2]!, log: silentLog });
const jobs = createJobs({
  database,
  log: silentLog,
  metrics: createMetrics(),
  tracing: createTracing(),
  heartbeat: { beat: 200, deadAfter: 1_000 },
});
const note = async (job: string, step: string): Promise<void> => {
  await database.execute('INSERT INTO seen (job, step, pid) VALUES ($1, $2, $3)', [job, step, process.pid]);
};

jobs.define<string>('short', async ({ input, step }) => {
  await step('only', () => note(input, 'only'));
  await delay(30);
});
jobs.define<string>('long', async ({ input, step }) => {
  await step('first', () => note(input, 'first'));
  await step('second', async () => {
    await note(input, 'second');
    while (!(await database.first('SELECT 1 FROM gate'))) await delay(50);
  });
  await step('third', () => note(input, 'third'));
});
jobs.schedule('tick', '* * * * * *', ({ dueAt, step }) => step('only', () => note(dueAt.toISOString(), 'tick')));

process.on('message', (message: { job: string; id: string }) => {
  void jobs.start(message.job, message.id, message.id);
});
process.on('disconnect', () => process.exit());
await jobs.launch();
process.send?.('ready');
