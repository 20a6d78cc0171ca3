import { SallyportError, ruleLimits } from '@sallyport/contracts';
import { strFromU8, unzipSync } from 'fflate';

export interface ImportFile {
  readonly path: string;
  readonly text: string;
}

/** A zip in a zip is a package in a repository; deeper is nobody's rule. */
const zipDepthMax = 2;
const fileBytesMax = 16 * 1_024 * 1_024;

const wanted = (path: string): boolean =>
  /\.(ya?ml|json|kql|zip)$/i.test(path) && !/(^|\/)(\.|__MACOSX\/)/.test(path) && !/(^|\/)tests\.ya?ml$/i.test(path);

/**
 * The files of rules in what was brought: texts as they are, and what is in zips. Others are left out. Throws SallyportError PayloadTooLarge past
 * `ruleLimits`, BadRequest for a zip that can't be read.
 */
export function unpack(
  brought: readonly { readonly path: string; readonly text?: string | undefined; readonly zip?: string | undefined }[],
): readonly ImportFile[] {
  const files: ImportFile[] = [];
  let bytes = 0;
  const add = (path: string, text: string): void => {
    bytes += text.length;
    if (files.length >= ruleLimits.importFiles || bytes > ruleLimits.importBytes)
      throw new SallyportError(
        'PayloadTooLarge',
        `at most ${ruleLimits.importFiles} files of ${ruleLimits.importBytes / 1_048_576} MiB together`,
      );
    files.push({ path, text });
  };
  const open = (path: string, data: Uint8Array, depth: number): void => {
    let declared = 0;
    let entries: Record<string, Uint8Array>;
    try {
      entries = unzipSync(data, {
        filter: ({ name, originalSize }) => {
          if (!wanted(name) || originalSize > fileBytesMax) return false;
          declared += originalSize;
          return declared <= ruleLimits.importBytes;
        },
      });
    } catch (error) {
      throw new SallyportError('BadRequest', `${path}: no zip that can be read`, { target: path, cause: error });
    }
    if (declared > ruleLimits.importBytes)
      throw new SallyportError(
        'PayloadTooLarge',
        `${path}: more than ${ruleLimits.importBytes / 1_048_576} MiB when unpacked`,
      );
    for (const [name, inner] of Object.entries(entries)) {
      if (name.endsWith('/')) continue;
      if (!/\.zip$/i.test(name)) add(`${path}/${name}`, strFromU8(inner));
      else if (depth < zipDepthMax) open(`${path}/${name}`, inner, depth + 1);
    }
  };
  for (const { path, text, zip } of brought) {
    if (zip !== undefined) open(path, Buffer.from(zip, 'base64'), 1);
    else if (text !== undefined && wanted(path)) add(path, text);
  }
  return files;
}
