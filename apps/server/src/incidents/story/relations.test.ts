import { EntityKind } from '@sallyport/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tiesOf, type Party } from './relations.ts';

const parties = (...kinds: Party['kind'][]): Party[] => kinds.map((kind, index) => ({ id: `${kind}${index}`, kind }));
const told = (kinds: Party['kind'][], tactics: string[] = [], tables?: string[]) =>
  tiesOf(parties(...kinds), { tactics, tables }).map(({ from, relation, to }) =>
    `${from} ${relation} ${to}`.replaceAll(/\d/g, ''),
  );

describe('what ties the entities of an alert', () => {
  it('is a sign-in where its tables hold these', () => {
    expect(told(['Account', 'IP'], [], ['SigninLogs'])).toEqual(['Account signed in from IP']);
    expect(told(['Account', 'Host', 'IP'], [], ['DeviceLogonEvents'])).toEqual([
      'Account signed in to Host',
      'Account signed in from IP',
    ]);
  });

  it('goes by the process, where there is one', () => {
    expect(told(['Host', 'Account', 'Process', 'File'], ['Execution'], ['DeviceFileEvents'])).toEqual([
      'Account started Process',
      'Process ran on Host',
      'Process wrote File',
    ]);
    expect(told(['Host', 'Process', 'IP'], ['CommandAndControl'])).toEqual([
      'Process ran on Host',
      'Process connected to IP',
    ]);
  });

  it('is a move between hosts only where the alert says so', () => {
    expect(told(['Host', 'Host'], ['LateralMovement'])).toEqual(['Host moved to Host']);
    expect(told(['Host', 'Host'], ['Discovery'])).toEqual(['Host seen with Host']);
  });

  it('leaves no entity alone, ties none with itself, and has a bound', () => {
    const some = fc.array(fc.constantFrom(...EntityKind.options), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(
        some,
        fc.array(fc.constantFrom('CredentialAccess', 'LateralMovement', 'Exfiltration')),
        (kinds, tactics) => {
          const all = parties(...kinds);
          const ties = tiesOf(all, { tactics, tables: undefined });
          expect(ties.length).toBeLessThanOrEqual(60);
          for (const { from, to } of ties) expect(from).not.toBe(to);
          const tied = new Set(ties.flatMap(({ from, to }) => [from, to]));
          const alone = all.filter(({ id }) => !tied.has(id));
          expect(ties.length < 60 ? alone : []).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
