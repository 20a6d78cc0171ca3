/** A server that does nothing but run jobs, for jobs.test.ts. Told by messages what to queue. */
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { systemPrincipal } from '../principal.ts';
import { createTracing } from '../tracing.ts';
import { createWork } from '../work.ts';
import { createJobs } from './index.ts';

const database = openDatabase({ url: process.argv[2]!, log: silentLog });
const jobs = createJobs({
  database,
  log: silentLog,
  metrics: createMetrics(),
  tracing: createTracing(),
  // As if the table gave ingestion nothing.
  work: createWork(
    { record: (event) => note(event.target, `${event.result}: ${JSON.stringify(event.details)}`) },
    (part) => (part === 'ingestion' ? { name: part, grants: [] } : systemPrincipal(part)),
  ),
  heartbeat: { beat: 200, deadAfter: 1_000 },
});
const note = async (job: string, step: string): Promise<void> => {
  await database.execute('INSERT INTO seen (job, step, pid) VALUES ($1, $2, $3)', [job, step, process.pid]);
};

jobs.define<string>('repository', async ({ input, step }) => {
  await step('only', () => note(input, 'only'));
  await delay(30);
});
jobs.define<string>('investigation', async ({ input, step }) => {
  await step('first', () => note(input, 'first'));
  await step('second', async () => {
    await note(input, 'second');
    while (!(await database.first('SELECT 1 FROM gate'))) await delay(50);
  });
  await step('third', () => note(input, 'third'));
});
jobs.define<string>('uploads-due', ({ input, step }) => step('only', () => note(input, 'only')));
jobs.schedule('watchlists', '* * * * * *', ({ dueAt, step }) => step('only', () => note(dueAt.toISOString(), 'tick')));

process.on('message', (message: { job: 'repository' | 'investigation' | 'uploads-due'; id: string }) => {
  void jobs.start(message.job, message.id, message.id);
});
process.on('disconnect', () => process.exit());
await jobs.launch();
process.send?.('ready');
