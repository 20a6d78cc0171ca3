import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { arrivalOfText, storeArrivals } from './doors/arrivals.ts';
import { loadSources, shippedSources } from './sources/load.ts';
import { startTestIngest, type TestIngest } from './testing/core.ts';

let test: TestIngest;
beforeAll(async () => {
  const shipped = await loadSources(shippedSources);
  test = await startTestIngest({
    sources: { ...shipped, sources: shipped.sources.filter(({ id }) => id === 'microsoft-windows-event') },
  });
});
afterAll(() => test[Symbol.asyncDispose]());

const event = (record: number, command: string): string =>
  `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID>4688</EventID>` +
  `<TimeCreated SystemTime="2026-01-08T10:00:0${record}Z"/><EventRecordID>${record}</EventRecordID><Channel>Security</Channel><Computer>ws1</Computer></System>` +
  `<EventData><Data Name="NewProcessName">C:\\Windows\\cmd.exe</Data><Data Name="CommandLine">${command}</Data></EventData></Event>`;

it(
  'a Windows event in XML is the same row from a file, however it is laid out, and at a door',
  { timeout: 120_000 },
  async () => {
    const path = join(test.folder, 'events.xml');
    await writeFile(
      path,
      `<Events>\r\n${event(1, 'echo &quot;a&quot; &lt; b').replaceAll('><', '>\r\n  <')}\r\n</Events>\r\n`,
    );
    const { files } = await test.core.importer.importPath(path);
    expect(files).toMatchObject([{ source: 'microsoft-windows-event', rows: 1, unparsed: 0 }]);
    const rest = { names: [], group: '', labels: {} };
    await storeArrivals(test.core, { door: 'webhook', sender: 'test' }, [
      arrivalOfText(event(2, 'echo &quot;a&quot; &lt; b'), rest),
      arrivalOfText(event(3, 'two\nlines').replaceAll('><', '>\n<'), rest),
    ]);
    await test.core.flush();
    expect(await test.rows(`SELECT EventRecordId, CommandLine, Process FROM SecurityEvent ORDER BY 1`)).toEqual([
      ['1', 'echo "a" < b', 'cmd.exe'],
      ['2', 'echo "a" < b', 'cmd.exe'],
      ['3', 'two\nlines', 'cmd.exe'],
    ]);
    expect(await test.rows(`SELECT count() FROM DeviceProcessEvents`)).toEqual([[3]]);
  },
);
