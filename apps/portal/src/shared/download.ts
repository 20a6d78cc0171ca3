const REVOKE_MS = 10_000;

/** Hands `text` to the browser as a file. UTF-8 with its mark, which spreadsheets need to read it as such. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob(['\ufeff', text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
