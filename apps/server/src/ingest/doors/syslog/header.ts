/**
 * What a syslog line says of its host, and what is put in its place where it says nothing: the address that it came from, as a relay does
 * by RFC 3164, section 4.3. Only for lines that go to the stream of plain syslog; others stay as they came.
 */

const priority = /^<\d{1,3}>/;
const rfc5424 = /^(<\d{1,3}>1 (?:-|\d{4}-\d\d-\d\dT\S+) )(\S+) /;
/** Also with a year, as network devices write it, and parts of a second, as `journalctl -o short-precise` does. */
const bsdTime = /^(?:<\d{1,3}>)?(?:\d{4} )?[A-Z][a-z]{2} +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)? /;
const isoTime = /^(?:<\d{1,3}>)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)? /;
/** With a blank for the `T`, as many programs begin their own lines too: only where a host and a program follow. */
const spacedTime =
  /^(?:<\d{1,3}>)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)? (?=[A-Za-z\d][\w.-]* [\w./-]+\[\d+\]: )/;
/** Of macOS, whose host stands behind two blanks. */
const macTime = /^(?:<\d{1,3}>)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}[+-]\d{4} +/;
/** A program where the host should be: `sshd[12]: `, `DENY: `. */
const programAtOnce = /^ *(?:[^\s:[]+(?:\[\d+\])?:|---)(?: |$)/;

/** RFC 3164's priority of a line that has none: user.notice. */
const defaultPriority = '<13>';

/** How much of a line is looked at. */
const headLength = 300;

/** The line with its sender's address as host, where it has no host of its own; undefined when it has. */
export function withHost(line: string, address: string, now: () => Date): string | undefined {
  const head = line.slice(0, headLength);
  const structured = rfc5424.exec(head);
  if (structured !== null) {
    const [all, before = '', host] = structured;
    return host === '-' ? `${before}${address} ${line.slice(all.length)}` : undefined;
  }
  const time = bsdTime.exec(head) ?? isoTime.exec(head) ?? spacedTime.exec(head) ?? macTime.exec(head);
  if (time !== null) {
    const [stamp] = time;
    const rest = line.slice(stamp.length, headLength);
    return programAtOnce.test(rest) || !/\S+ +\S/.test(rest)
      ? `${stamp}${address} ${line.slice(stamp.length)}`
      : undefined;
  }
  const given = priority.exec(head)?.[0];
  const body = given === undefined ? line : line.slice(given.length);
  return `${given ?? defaultPriority}${now().toISOString()} ${address} ${body}`;
}

const behindHeader = /^(?:<\d{1,3}>)[^{]{0,400}[\s:]\{/;

/** The JSON object that is all of a syslog line's message, as programs that log JSON through syslog send it; undefined when there is none. */
export function jsonMessage(line: string): string | undefined {
  if (!line.endsWith('}')) return undefined;
  const found = behindHeader.exec(line);
  return found === null ? undefined : line.slice(found[0].length - 1);
}
