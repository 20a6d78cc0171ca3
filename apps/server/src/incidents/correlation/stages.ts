/**
 * Where in an attack a tactic stands: 1 getting in, 2 settling and looking around, 3 moving and doing harm. Tactics of ATT&CK in the order of its matrix; those that
 * are seen all along an attack stand in the middle.
 */
const stageOf = new Map<string, Stage>([
  ['PreAttack', 1],
  ['Reconnaissance', 1],
  ['ResourceDevelopment', 1],
  ['InitialAccess', 1],
  ['Execution', 1],
  ['Persistence', 2],
  ['PrivilegeEscalation', 2],
  ['DefenseEvasion', 2],
  ['CredentialAccess', 2],
  ['Discovery', 2],
  ['LateralMovement', 3],
  ['Collection', 3],
  ['CommandAndControl', 3],
  ['Exfiltration', 3],
  ['Impact', 3],
]);

/** 0: of no stage. */
export type Stage = 0 | 1 | 2 | 3;

/** The stages of an alert, in order; `[0]` when none of its tactics has one. */
export function stagesOf(tactics: readonly string[]): readonly Stage[] {
  const stages = [...new Set(tactics.flatMap((tactic) => stageOf.get(tactic) ?? []))].toSorted((a, b) => a - b);
  return stages.length === 0 ? [0] : stages;
}
