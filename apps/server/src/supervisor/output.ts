import type { WriteStream } from 'node:tty';

interface LogLine {
  readonly time?: unknown;
  readonly level?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  readonly err?: { readonly message?: unknown };
}

/** Control characters but the tab, so that what a log line quotes can't play with the terminal. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

function forPeople(line: string): string | undefined {
  let entry: LogLine;
  try {
    entry = JSON.parse(line) as LogLine;
  } catch {
    return line.replaceAll(controls, '\uFFFD');
  }
  // Who watches a terminal wants to hear of trouble; the rest is for a log collector.
  if (entry.level === 'info' || entry.level === 'debug' || entry.level === 'trace') return undefined;
  const reason = typeof entry.err?.message === 'string' ? ` (${entry.err.message})` : '';
  const time = typeof entry.time === 'string' ? entry.time.slice(11, 19) : '';
  return `${time} ${String(entry.level)} ${String(entry.name)}: ${String(entry.message)}${reason}`.replaceAll(
    controls,
    '\uFFFD',
  );
}

/** Writes log lines to a stream: JSON as it is to a file or pipe; warnings and worse, in words, to a terminal. */
export function lineWriter(stream: NodeJS.WriteStream | WriteStream): (line: string) => void {
  return (line) => {
    const text = stream.isTTY ? forPeople(line) : line;
    if (text !== undefined) stream.write(text.endsWith('\n') ? text : `${text}\n`);
  };
}
