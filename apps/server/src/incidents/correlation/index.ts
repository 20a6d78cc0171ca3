export { Board, type KeySpan, type Placement } from './board.ts';
export {
  alertsPerIncidentMax,
  decide,
  entitiesPerIncidentMax,
  together,
  whyApart,
  type Candidate,
  type Decision,
  type IncidentFacts,
} from './decide.ts';
export {
  defaultWindowSeconds,
  linkKeys,
  nothingShared,
  reachSeconds,
  shareableKeys,
  type AlertFacts,
  type GroupingRule,
  type LinkKey,
  type SharedKeys,
} from './keys.ts';
