export { Board, type KeySpan, type Placement } from './board.ts';
export { alertsPerIncidentMax, decide, whyApart, type Candidate, type Decision, type IncidentFacts } from './decide.ts';
export { defaultWindowSeconds, linkKeys, type AlertFacts, type GroupingRule, type LinkKey } from './keys.ts';
