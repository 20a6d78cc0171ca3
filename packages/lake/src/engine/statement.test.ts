import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sqlName, sqlString } from '../sql.ts';
import { tokens } from '../tokens.ts';
import { insertFromFile, readStatement } from './statement.ts';

const folders = ['/spool'];
const insert = (sql: string): string => insertFromFile(sql, readStatement(sql, folders), '/tmp/rows');

describe('tokens', () => {
  test('cover the text in order, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (sql) => {
        let at = 0;
        for (const token of tokens(sql)) {
          expect(token.start).toBeGreaterThanOrEqual(at);
          expect(token.end).toBeGreaterThan(token.start);
          at = token.end;
        }
      }),
    );
  });

  test('a quoted text or name is one token, whatever it holds', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }).filter((t) => !t.includes('\0'));
    fc.assert(
      fc.property(text, (value) => {
        expect([...tokens(`SELECT ${sqlString(value)}`)]).toHaveLength(2);
        expect([...tokens(`SELECT ${sqlName(value)}`)]).toHaveLength(2);
      }),
    );
  });
});

describe('an insert with rows', () => {
  test.each([
    ['INSERT INTO t FORMAT CSV\n1', "INSERT INTO t  FROM INFILE '/tmp/rows' COMPRESSION 'none'  FORMAT CSV"],
    [
      'insert into t (a, b) settings x=1 format JSONEachRow {"a":";"}',
      "insert into t (a, b)  FROM INFILE '/tmp/rows' COMPRESSION 'none' settings x=1  FORMAT JSONEachRow",
    ],
    [
      "INSERT INTO t SELECT a FROM input('a String') FORMAT LineAsString\n",
      "INSERT INTO t SELECT a FROM file('/tmp/rows', 'LineAsString', 'a String', 'none') ",
    ],
    ['INSERT INTO t VALUES (1); (2)', 'INSERT INTO t VALUES (1); (2)'],
    ['INSERT INTO t SELECT 1', 'INSERT INTO t SELECT 1'],
  ])('%j', (sql, expected) => {
    expect(insert(sql)).toBe(expected);
  });
});

describe('refused', () => {
  test.each([
    "SELECT * FROM file('/spool/../etc/passwd')",
    "SELECT * FROM file('/spoolx/a')",
    "SELECT * FROM file('/spool')",
    "SELECT * FROM file('/spool/a{b,c}')",
    "SELECT * FROM file('/spool/\\x2e\\x2e/a')",
    'SELECT * FROM file(path)',
    'SELECT * FROM file($$/spool/a$$)',
    'SELECT * FROM "File" (\'/etc/passwd\')',
    "SELECT * FROM s3('x')",
    'SELECT 1 INTO OUTFILE $$x$$',
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    'SELECT 1; SELECT 2',
    '',
    ' -- nothing',
  ])('%j', (sql) => {
    expect(() => readStatement(sql, folders)).toThrow(expect.objectContaining({ name: 'EngineError' }));
  });

  test('words in texts, names and comments are not refused', () => {
    const sql = "SELECT 'file(', `url`, 1 /* ; INTO OUTFILE */ AS x FROM file('/spool/a', 'CSV') -- s3('x')";
    expect(readStatement(sql, folders).verb).toBe('SELECT');
  });
});
