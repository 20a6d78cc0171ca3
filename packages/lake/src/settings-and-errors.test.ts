import fc from 'fast-check';
import { SallyportError } from '@sallyport/contracts';
import { describe, expect, test } from 'vitest';
import { engineCode, toSallyportError, transient } from './errors.ts';
import { liftSettings } from './settings.ts';

describe('settings at the end of a statement', () => {
  test.each([
    ['SELECT 1 SETTINGS max_threads = 2', 'SELECT 1 ', { max_threads: '2' }],
    ["SELECT 1\nsettings a='x''y', b=1.5", 'SELECT 1\n', { a: "x'y", b: '1.5' }],
    ['SELECT * FROM (SELECT 1 SETTINGS a = 1)', undefined, {}],
    ["SELECT 'SETTINGS a = 1'", undefined, {}],
    ['SELECT 1 AS settings', undefined, {}],
    ['SELECT 1 SETTINGS a = b(1)', undefined, {}],
    ['SELECT 1 -- SETTINGS a = 1', undefined, {}],
  ])('%j', (sql, rest, settings) => {
    expect(liftSettings(sql)).toEqual({ sql: rest ?? sql, settings });
  });

  test('are only ever cut off at the end', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (sql) => {
        expect(sql.startsWith(liftSettings(sql).sql)).toBe(true);
      }),
    );
  });
});

describe('errors of the engine', () => {
  const engine = (code: string): Error => Object.assign(new Error('text'), { code });
  test.each([
    ['159', 'QueryLimitExceeded'],
    ['241', 'QueryLimitExceeded'],
    ['307', 'QueryLimitExceeded'],
    ['396', 'QueryLimitExceeded'],
    ['202', 'TooManyRequests'],
    ['62', 'InvalidQuery'],
    ['516', 'Unavailable'],
    ['ECONNREFUSED', 'Unavailable'],
    ['EWHATEVER', 'InternalError'],
  ])('%s becomes %s', (code, expected) => {
    const error = toSallyportError(engine(code));
    expect(error).toBeInstanceOf(SallyportError);
    expect(error).toMatchObject({ code: expected });
    expect(engineCode(error)).toBe(/^\d+$/.test(code) ? Number(code) : undefined);
  });

  test('are worth another try when the connection broke or the engine is busy', () => {
    expect(['ECONNRESET', '202', '236'].map((code) => transient(engine(code)))).toEqual([true, true, true]);
    expect(['62', '241', 'EWHATEVER'].map((code) => transient(engine(code)))).toEqual([false, false, false]);
  });

  test('an abort of the caller stays what it is', () => {
    const reason = new Error('enough');
    expect(toSallyportError(engine('ECONNRESET'), AbortSignal.abort(reason))).toBe(reason);
  });
});
