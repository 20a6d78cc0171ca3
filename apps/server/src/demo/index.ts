/** Contoso, the estate of `--demo`: see docs/demo.md. */
export { contoso, contosoLife, daysDefault, storyOf, type ContosoOptions } from './contoso.ts';
export {
  loadDemo,
  liveDemo,
  DemoState,
  type DemoClock,
  type DemoDoor,
  type DemoLoad,
  type DemoLog,
  type DemoMarker,
  type DemoOptions,
} from './load.ts';
export type { DemoBatch } from './sink.ts';
export type { StoryStep } from './story.ts';
/** For measures of how alerts become stories. */
export { makeEstate } from './estate.ts';
export { Rng } from './rng.ts';
export { batchesOf, Sink } from './sink.ts';
export { habits } from './tales/habits.ts';
export { taleSpan, tellTales, type Tale } from './tales/index.ts';
