const REVOKE_MS = 10_000;

/** Hands `text` to the browser as a file. UTF-8 with its mark, which spreadsheets need to read it as such. */
export const download = (name: string, type: string, text: string): void =>
  handOver(name, new Blob(['\ufeff', text], { type: `${type};charset=utf-8` }));

/** The same of bytes, as they are. */
export const downloadBytes = (name: string, type: string, bytes: Uint8Array<ArrayBuffer>): void =>
  handOver(name, new Blob([bytes], { type }));

function handOver(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
