import { expect, it } from 'vitest';
import { eventXmlSplitter, isEventXml } from './event-xml.ts';

const event = (id: number, text = 'x'): string =>
  `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>${id}</EventID></System><EventData><Data Name="a">${text}</Data></EventData></Event>`;

function records(text: string, pieces: number): string[] {
  const seen: string[] = [];
  const splitter = eventXmlSplitter((record, broken) =>
    seen.push(`${broken ? '!' : ''}${Buffer.from(record).toString()}`),
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieces) splitter.push(bytes.subarray(at, at + pieces));
  splitter.end();
  return seen;
}

it.each([1, 7, 100_000])('events in XML are one record each, however they are laid out (in pieces of %i)', (pieces) => {
  const pretty = event(2).replaceAll('><', '>\r\n  <');
  const text = `<?xml version="1.0" encoding="utf-8"?>\n<Events>\n${event(1)}${pretty}\n${event(3, 'two\nlines')}\n</Events>\n`;
  expect(isEventXml(text)).toBe(true);
  expect(records(text, pieces)).toEqual([event(1), event(2).replaceAll('><', '>&#10;  <'), event(3, 'two&#10;lines')]);
});

it('what is no event is kept as broken, and costs no other', () => {
  const cut = event(2).slice(0, 120);
  expect(records(`${event(1)}\nwhat is this\n${cut}${event(3)}\n${cut}`, 50)).toEqual([
    event(1),
    '!what is this',
    `!${cut}`,
    event(3),
    `!${cut}`,
  ]);
  const long = records(`${event(1, 'x'.repeat(2 ** 21))}${event(2)}`, 65_536);
  expect(long.at(-1)).toBe(event(2));
  expect(long.filter((record) => !record.startsWith('!'))).toHaveLength(1);
});
