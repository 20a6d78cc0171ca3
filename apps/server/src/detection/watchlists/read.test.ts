import { expect, it } from 'vitest';
import { errorOf } from '../../testing.ts';
import { readItems, type ReadLine, type ReadOptions } from './read.ts';

async function* pieces(text: string, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(text: string, options: Partial<ReadOptions> = {}) {
  const { format, columns, lines } = await readItems(pieces(text), { skipLines: 0, ...options });
  const found: ReadLine[] = [];
  for await (const one of lines) found.push(one);
  return {
    format,
    columns,
    items: found.flatMap((one) => ('values' in one ? [one.values] : [])),
    faults: found.flatMap((one) => ('fault' in one ? [`${one.line}: ${one.fault}`] : [])),
    bags: found.flatMap((one) => ('item' in one ? [one.item] : [])),
  };
}

it('reads values with quotes, line breaks and delimiters in them, and says which lines are none', async () => {
  const file = '\uFEFFUser,Note\r\nanna,"a, ""b""\nc"\r\n\r\nbert\r\ncarl,x,\r\ndora,x,y\r\neva,';
  expect(await read(file)).toEqual({
    format: 'csv',
    columns: ['User', 'Note'],
    items: [
      ['anna', 'a, "b"\nc'],
      ['carl', 'x'],
      ['eva', ''],
    ],
    faults: ['5: 1 values where the header has 2 columns', '7: 3 values where the header has 2 columns'],
    bags: ['{"User":"anna","Note":"a, \\"b\\"\\nc"}', '{"User":"carl","Note":"x"}', '{"User":"eva","Note":""}'],
  });
  expect(await read('User;Age\nanna;3')).toMatchObject({ format: 'csv', items: [['anna', '3']] });
  expect(await read('User\tAge\nanna\t3,5')).toMatchObject({ format: 'tsv', items: [['anna', '3,5']] });
  expect(await read('made by us\nUser,Age\nanna,3', { skipLines: 1 })).toMatchObject({ columns: ['User', 'Age'] });
  const open = await read('User,Age\nanna,3\nbert,"4\n');
  expect(open).toMatchObject({ items: [['anna', '3']] });
  expect(open.faults[0]).toContain('a quotation mark that is never closed');
});

it('reads an object a line', async () => {
  expect(await read('{"a":"x","b":1}\n\n{"b":{"c":[1]}}\nnothing\n["a"]\n{"a":"y"}')).toEqual({
    format: 'jsonl',
    columns: ['a', 'b'],
    items: [
      ['x', '1'],
      ['', '{"c":[1]}'],
      ['y', ''],
    ],
    faults: ['4: no object of JSON', '5: no object of JSON'],
    bags: ['{"a":"x","b":1}', '{"b":{"c":[1]}}', '{"a":"y"}'],
  });
});

it('refuses headers that are none', async () => {
  for (const [text, message] of [
    ['', 'the file is empty'],
    ['a,a\n1,2', 'two columns are called "a"'],
    ['a,,c\n1,2,3', 'column 2 has no name'],
    ['{}\n', 'there is no header'],
  ] as const)
    expect(await errorOf(read(text))).toMatchObject({ code: 'BadRequest', message: expect.stringContaining(message) });
});
