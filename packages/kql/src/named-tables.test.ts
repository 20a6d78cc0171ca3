import { expect, it } from 'vitest';
import { namedTables } from './index.ts';

const table = (name: string) => ({ name, columns: [] });
const catalogue = {
  version: 'named',
  tables: [table('SigninLogs'), table('Event'), table('Syslog'), table('Hidden')],
  functions: [
    { name: 'Lines', parameters: '()', body: 'Syslog | where Again()' },
    { name: 'Again', parameters: '()', body: 'Lines() | count' },
  ],
};

it('tables are named by the query and its functions, not by texts and comments', () => {
  const query = `// Hidden
    let x = "Hidden"; let y = @'a ''Hidden'; SigninLogs | union (Lines()) | where z == 'Event \\' Hidden'`;
  expect(namedTables(query, catalogue)).toEqual(['SigninLogs', 'Syslog']);
});
