import { DataVizPalette, getColorFromToken } from '@fluentui/react-charts';

/** The same order of colours always: Fluent's data palette, told apart by the colour-blind. */
const palette = [
  DataVizPalette.color1,
  DataVizPalette.color2,
  DataVizPalette.color3,
  DataVizPalette.color4,
  DataVizPalette.color5,
  DataVizPalette.color6,
  DataVizPalette.color7,
  DataVizPalette.color8,
  DataVizPalette.color9,
  DataVizPalette.color10,
];

export const colourOf = (index: number, dark: boolean): string =>
  getColorFromToken(palette[index % palette.length]!, dark);

export interface Size {
  readonly width: number;
  readonly height: number;
}
