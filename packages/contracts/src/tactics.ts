/** MITRE ATT&CK's Enterprise tactics as Microsoft Sentinel spells them, in the order in which an attack goes through them. */
export const tactics = [
  // An old name of the two that follow.
  'PreAttack',
  'Reconnaissance',
  'ResourceDevelopment',
  'InitialAccess',
  'Execution',
  'Persistence',
  'PrivilegeEscalation',
  'DefenseEvasion',
  'CredentialAccess',
  'Discovery',
  'LateralMovement',
  'Collection',
  'CommandAndControl',
  'Exfiltration',
  'Impact',
  // Of ATT&CK for industrial control systems.
  'ImpairProcessControl',
  'InhibitResponseFunction',
] as const;
