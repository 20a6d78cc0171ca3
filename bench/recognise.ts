/**
 * How many lines a second find their source: every line of the sources' fixtures alone, as the syslog door asks, with the index and by asking each stream in turn.
 * `npx sallyport bench recognise` prints { sources, streams, lines, plainly, indexed, door, … }: lines for each second of one processor.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from '../apps/server/src/ingest/doors/syslog/router.ts';
import { loadSources, shippedSources } from '../apps/server/src/ingest/sources/load.ts';
import { fits, sampleRecord } from '../apps/server/src/ingest/sources/recognise.ts';
import { StreamIndex } from '../apps/server/src/ingest/sources/stream-index.ts';

const microseconds = 1_500_000;
const linesOfFixture = 20;

const { sources } = await loadSources(shippedSources);
const candidates = sources.flatMap((source) => source.streams.map((stream) => ({ stream })));
const index = new StreamIndex(candidates);
const lines = globSync('*/fixtures/*.{log,jsonl}', { cwd: shippedSources })
  .toSorted()
  .flatMap((file) => readFileSync(join(shippedSources, file), 'utf8').split('\n').slice(0, linesOfFixture))
  .filter((line) => line !== '');
const withHead = lines.filter((line) => /^(<\d+>)?(1 )?([A-Z][a-z]{2} +\d|\d{4}-\d\d-\d\dT)/.test(line));

function plainly(line: string): unknown {
  const record = sampleRecord(line);
  return candidates.find(
    ({ stream }) => (stream.format === 'lines' || record.object !== undefined) && fits(stream, record),
  );
}
const indexed = (line: string): unknown => index.find(sampleRecord(line));

/** Lines of a hundred senders. */
function throughDoor(): (line: string) => unknown {
  const router = new Router({ sources: () => sources, plainStream: 'Custom-SyslogText', now: () => new Date() });
  let count = 0;
  return (line) => router.route(`192.0.2.${count++ % 100}`, Buffer.from(line));
}

/** Lines for each second of the processor, after a round to warm up. */
function rate(given: readonly string[], find: (line: string) => unknown): number {
  given.forEach(find);
  const start = process.cpuUsage();
  let count = 0;
  for (; process.cpuUsage(start).user < microseconds; count += given.length) given.forEach(find);
  return Math.round((count * 1_000_000) / process.cpuUsage(start).user);
}

const figures = (given: readonly string[]) => ({
  lines: given.length,
  plainly: rate(given, plainly),
  indexed: rate(given, indexed),
  door: rate(given, throughDoor()),
});
process.stdout.write(
  `${JSON.stringify({ sources: sources.length, streams: candidates.length, mixed: figures(lines), syslog: figures(withHead) })}\n`,
);
