export { featureNames, features, keysOf, type Feature, type Level, type SignInValues } from './features.ts';
export { History, likelihood, type Counts } from './history.ts';
export { levelOfScore, riskThresholds } from './level.ts';
export { scoreSignIn, thresholdFor, type LevelRisk, type RiskFacts, type RiskScore } from './score.ts';
