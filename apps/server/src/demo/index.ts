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
