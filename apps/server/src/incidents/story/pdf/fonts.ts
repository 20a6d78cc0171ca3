import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { visible } from '@sallyport/contracts';
import { create } from 'fontkit';
import { z } from 'zod';

export type Face = 'text' | 'bold' | 'mono';

/** A font of the document, and the letters that it has. */
export interface LoadedFont {
  readonly name: string;
  readonly data: Buffer;
  has(codePoint: number): boolean;
}

export interface Run {
  readonly font: LoadedFont;
  readonly text: string;
}

export interface Fonts {
  /** Text in pieces, each in a font that has its letters. Letters that no font has, and what hides or reorders text, become visible marks. */
  runs(text: string, face: Face): Run[];
}

const require = createRequire(import.meta.url);

/** DejaVu has Latin, Greek, Cyrillic, Hebrew, Arabic and signs. It may be embedded. */
const files = {
  text: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  bold: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  mono: 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
} as const satisfies Record<Face, string>;
/** Noto has Chinese and Japanese, and Korean by itself, in a hundred files of some letters each. It may be embedded. */
const slicedFonts = ['noto-sans-sc', 'noto-sans-kr'] as const;

let loaded: Promise<Fonts> | undefined;
/** Read once, when the first document is made; Noto's files as letters of theirs come. */
export const loadFonts = (): Promise<Fonts> => (loaded ??= read());

function fontOf(name: string, data: Buffer): LoadedFont {
  const font = create(data);
  if (!('hasGlyphForCodePoint' in font)) throw new Error(`${name} is no single font`);
  return { name, data, has: (codePoint) => font.hasGlyphForCodePoint(codePoint) };
}

async function read(): Promise<Fonts> {
  const load = async (face: Face) => fontOf(face, await readFile(require.resolve(files[face])));
  const [text, bold, mono] = await Promise.all([load('text'), load('bold'), load('mono')]);
  const ranges = (await Promise.all(slicedFonts.map(rangesOf))).flat();
  const slices = new Map<string, LoadedFont>();
  const sliceOf = (codePoint: number): LoadedFont | undefined => {
    for (const { first, last, file } of ranges) {
      if (codePoint < first || codePoint > last) continue;
      // Some dozen kilobytes, once for each file.
      const slice = slices.get(file) ?? fontOf(`noto-${slices.size}`, readFileSync(file));
      slices.set(file, slice);
      if (slice.has(codePoint)) return slice;
    }
    return undefined;
  };
  return fontsOf({ text, bold, mono }, sliceOf);
}

/** Which file of a font has which letters. fontsource's `unicode.json`: `[12]` → `U+ff03-ff04,U+ff07`. */
async function rangesOf(font: string): Promise<{ first: number; last: number; file: string }[]> {
  const folder = dirname(require.resolve(`@fontsource-variable/${font}/package.json`));
  const slices = z
    .record(z.string(), z.string())
    .parse(JSON.parse(await readFile(join(folder, 'unicode.json'), 'utf8')));
  return Object.entries(slices).flatMap(([name, list]) =>
    [...list.matchAll(/U\+([\da-f]+)(?:-([\da-f]+))?/gi)].map(([, from = '', to = from]) => ({
      first: Number.parseInt(from, 16),
      last: Number.parseInt(to, 16),
      file: join(folder, 'files', `${font}-${name.replaceAll(/[[\]]/g, '')}-wght-normal.woff2`),
    })),
  );
}

/** `sliceOf` gives a font for a letter that the faces lack, if there is one. */
export function fontsOf(
  faces: Readonly<Record<Face, LoadedFont>>,
  sliceOf: (codePoint: number) => LoadedFont | undefined,
): Fonts {
  return {
    runs: (text, face) => {
      const own = faces[face];
      const runs: { font: LoadedFont; text: string }[] = [];
      const add = (font: LoadedFont, piece: string): void => {
        const last = runs.at(-1);
        if (last?.font === font) last.text += piece;
        else runs.push({ font, text: piece });
      };
      for (const letter of visible(text, { lines: true }).replaceAll('\t', '    ').replaceAll('\r', '')) {
        const codePoint = letter.codePointAt(0) ?? 0;
        if (letter === '\n' || own.has(codePoint)) add(own, letter);
        else if (faces.text.has(codePoint)) add(faces.text, letter);
        else {
          const slice = sliceOf(codePoint);
          if (slice?.has(codePoint)) add(slice, letter);
          else add(own, `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`);
        }
      }
      return runs;
    },
  };
}
