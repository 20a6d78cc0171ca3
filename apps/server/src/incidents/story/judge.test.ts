import { describe, expect, it } from 'vitest';
import { concludedVerdict, riskOf, rolesOf, stateOf, type Sightings } from './judge.ts';

const seen = (more: Partial<Sightings> = {}): Sightings => ({
  kind: 'Process',
  name: 'x.exe',
  alerts: 1,
  high: 0,
  medium: 1,
  tactics: ['Execution'],
  severity: 'Medium',
  ...more,
});

describe('what is concluded of evidence', () => {
  it('goes by the alerts while the incident is open', () => {
    expect(concludedVerdict(seen(), undefined)).toEqual({
      verdict: 'Suspicious',
      reason: '1 alert of medium severity.',
    });
    expect(concludedVerdict(seen({ severity: 'Low', medium: 0 }), undefined).verdict).toBe('Unknown');
    expect(concludedVerdict(seen({ kind: 'Malware' }), undefined).verdict).toBe('Malicious');
    // Every alert is on some device: only a grave one says something against it.
    expect(concludedVerdict(seen({ kind: 'Host' }), undefined).verdict).toBe('Unknown');
    expect(concludedVerdict(seen({ kind: 'Host', high: 2, severity: 'High' }), undefined).verdict).toBe('Suspicious');
    expect(concludedVerdict(seen({ kind: 'IP', name: '10.0.0.4' }), undefined).verdict).toBe('Unknown');
    expect(concludedVerdict(seen({ kind: 'IP', name: '203.0.113.4' }), undefined).verdict).toBe('Suspicious');
  });

  it('goes by how the incident was closed', () => {
    expect(concludedVerdict(seen(), 'FalsePositive').verdict).toBe('NoThreatsFound');
    expect(concludedVerdict(seen({ kind: 'Malware' }), 'BenignPositive').verdict).toBe('NoThreatsFound');
    expect(concludedVerdict(seen(), 'TruePositive').verdict).toBe('Malicious');
  });

  it('gives states, roles and risk', () => {
    expect(stateOf('Malicious', 'none')).toBe('known');
    expect(stateOf('Malicious', 'blocked')).toBe('contained');
    expect(rolesOf(seen({ kind: 'IP', tactics: ['CommandAndControl'] }))).toEqual(['commandAndControl']);
    expect(rolesOf(seen({ kind: 'Host', severity: 'Low', tactics: [] }))).toEqual(['contextual']);
    expect(riskOf(seen({ high: 1 }), 'Suspicious').level).toBe('High');
    expect(riskOf(seen({ tactics: ['LateralMovement'] }), 'Unknown')).toEqual({
      level: 'Medium',
      reasons: ['1 alert of medium severity.', 'Part of lateral movement.'],
    });
    expect(riskOf(seen({ high: 1 }), 'NoThreatsFound').level).toBe('None');
  });
});
