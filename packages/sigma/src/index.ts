export { compileSigma, type CompiledSigma } from './compile.ts';
export { looksLikeSigma, readSigma, type ReadSigma } from './documents.ts';
export { chooseLogSource, LogSourceFile, type LogSource } from './log-source.ts';
export type { Placeholders } from './modifiers.ts';
export type { Level, LogSourceOfRule, SigmaDocument, SigmaProblem } from './types.ts';
