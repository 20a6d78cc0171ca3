import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** Records of one raw log, each with the fields that another product's parser finds in it. */
export interface SuiteFile {
  /** The folder that the file stands in, below the one given: `cisco/asa`. */
  readonly set: string;
  readonly path: string;
  readonly records: readonly { readonly text: string; readonly expected: Readonly<Record<string, unknown>> }[];
}

const suffix = '-expected.json';

interface Place {
  readonly offset: number;
  /** The record spans lines. */
  readonly multiline: boolean;
}

/** The texts that begin at the offsets (bytes): one line each, or up to the next; line ends taken off. */
function slices(bytes: Buffer, places: readonly Place[]): string[] {
  const starts = [...new Set(places.map((p) => p.offset))].toSorted((a, b) => a - b);
  const next = new Map(starts.map((start, i) => [start, starts[i + 1] ?? bytes.length]));
  return places.map(({ offset, multiline }) => {
    const text = bytes.toString('utf8', offset, next.get(offset)).trimEnd();
    return multiline ? text : (text.split(/\r?\n/, 1)[0] ?? '');
  });
}

function readOne(root: string, expectedPath: string): SuiteFile {
  const path = expectedPath.slice(0, -suffix.length);
  const expected = JSON.parse(readFileSync(expectedPath, 'utf8')) as Record<string, unknown>[];
  const texts = slices(
    readFileSync(path),
    expected.map((e) => ({
      offset: Number(e['log.offset'] ?? 0),
      multiline: [e['log.flags']].flat().includes('multiline'),
    })),
  );
  return {
    set: relative(root, dirname(path)) || basename(dirname(path)),
    path,
    records: expected.map((fields, i) => ({ text: texts[i] ?? '', expected: fields })),
  };
}

/** The files `<log>` that have a `<log>-expected.json` beside them, below a folder or the one given. Throws when a file is not JSON. */
export function readSuite(path: string): SuiteFile[] {
  if (!statSync(path).isDirectory())
    return [readOne(dirname(dirname(dirname(path))), path.endsWith(suffix) ? path : `${path}${suffix}`)];
  return globSync(`**/*${suffix}`, { cwd: path })
    .toSorted()
    .map((file) => readOne(path, join(path, file)));
}
