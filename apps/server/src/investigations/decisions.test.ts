import { describe, expect, it } from 'vitest';
import { decide, type Proposal } from './automation.ts';
import { endState } from './settle.ts';
import { verdictOf } from './verdict.ts';

const temp = String.raw`C:\Users\ann\AppData\Local\Temp`;
const core = String.raw`C:\Windows\System32`;
const other = String.raw`C:\Program Files\Tool`;
const quarantine = (level: Proposal['level'], folder: string, verdict: Proposal['verdict'] = 'Malicious') =>
  decide({ kind: 'stopAndQuarantineFile', level, folder, verdict, group: 'Sales' }).state;

describe('what waits for a person', () => {
  it.each([
    ['full', 'approved', 'approved', 'approved'],
    ['semiAllFolders', 'pendingApproval', 'pendingApproval', 'pendingApproval'],
    ['semiCoreFolders', 'approved', 'pendingApproval', 'approved'],
    ['semiNonTempFolders', 'approved', 'pendingApproval', 'pendingApproval'],
    ['noAutomatedResponse', 'skipped', 'skipped', 'skipped'],
  ] as const)('%s: a malicious file in a temporary, a core, another folder', (level, ...states) => {
    expect([temp, core, other].map((folder) => quarantine(level, folder))).toEqual(states);
  });
  it('takes a suspicious file for a person’s at every level that acts', () => {
    for (const level of ['full', 'semiAllFolders', 'semiCoreFolders', 'semiNonTempFolders'] as const)
      expect(quarantine(level, temp, 'Suspicious')).toBe('pendingApproval');
  });
  it('acts on a compromised user by itself, on mail and indicators never, on a whole device only at full', () => {
    const of = (kind: Proposal['kind'], level: Proposal['level'], verdict: Proposal['verdict'] = 'Malicious') =>
      decide({ kind, level, verdict, group: '', folder: undefined }).state;
    expect(of('disableUser', 'semiAllFolders')).toBe('approved');
    expect(of('disableUser', 'full', 'Suspicious')).toBe('pendingApproval');
    expect(of('softDeleteEmail', 'full')).toBe('pendingApproval');
    expect(of('blockIndicator', 'full')).toBe('pendingApproval');
    expect(of('isolateDevice', 'full')).toBe('approved');
    expect(of('isolateDevice', 'semiCoreFolders')).toBe('pendingApproval');
  });
});

describe('verdicts', () => {
  it('are the sum of what speaks for and against, each fact once', () => {
    const point = (score: number, text = String(score)) => ({ score, text });
    expect(verdictOf({ a: point(50), b: point(45) }, 1)).toEqual({ verdict: 'Malicious', score: 95 });
    expect(verdictOf({ a: point(50, 'x'), b: point(50, 'x') }, 1)).toEqual({ verdict: 'Suspicious', score: 50 });
    expect(verdictOf({ a: point(50), b: point(-60) }, 1)).toEqual({ verdict: 'NoThreatsFound', score: 0 });
    expect(verdictOf({}, 0)).toEqual({ verdict: 'Unknown', score: 0 });
  });
});

describe('the end of an investigation', () => {
  const none = { pending: 0, approved: 0, malicious: 0, suspicious: 0, seen: 2, asked: 3, failed: 0, bound: 0 };
  it.each([
    ['pendingApproval', { malicious: 1, pending: 1, approved: 1 }],
    ['pendingResource', { malicious: 1, approved: 1 }],
    ['threatsFound', { suspicious: 1 }],
    ['benign', {}],
    ['partiallyInvestigated', { failed: 1 }],
    ['partiallyInvestigated', { bound: 1 }],
    ['partiallyInvestigated', { asked: 0 }],
  ] as const)('%s', (state, counts) => {
    expect(endState({ ...none, ...counts }).state).toBe(state);
  });
  it('claims nothing to have been done', () => {
    expect(endState({ ...none, malicious: 1, approved: 1 }).reason).toContain('no connector carries actions out yet');
  });
});
