import { tasksMax, type TaskTemplate } from '@sallyport/contracts';

/** Tasks as lines: `Isolate the device (4 h)`. */
export function taskLines(text: string): { title: string; dueHours: number | null }[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, tasksMax)
    .map((line) => {
      const match = /^(.*\S)\s*\((\d+(?:\.\d+)?)\s*(h|d)\)$/.exec(line);
      const hours = match ? Number(match[2]) * (match[3] === 'd' ? 24 : 1) : null;
      return hours === null || hours < 0.25 || hours > 8_760
        ? { title: line.slice(0, 150), dueHours: null }
        : { title: (match?.[1] ?? line).slice(0, 150), dueHours: hours };
    });
}
/** The same the other way. */
export const asLines = (tasks: TaskTemplate['tasks']): string =>
  tasks.map(({ title, dueHours }) => (dueHours === null ? title : `${title} (${dueHours} h)`)).join('\n');
