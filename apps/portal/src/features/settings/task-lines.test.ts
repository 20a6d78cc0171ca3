import { expect, test } from 'vitest';
import { asLines, taskLines } from './task-lines.ts';

test('a line is a task, a time behind it says when it is due', () => {
  const tasks = taskLines('Isolate the device (4 h)\n\n Ask the owner \nReport (2 d)\nOdd (0 h)');
  expect(tasks).toEqual([
    { title: 'Isolate the device', dueHours: 4 },
    { title: 'Ask the owner', dueHours: null },
    { title: 'Report', dueHours: 48 },
    { title: 'Odd (0 h)', dueHours: null },
  ]);
  expect(taskLines(asLines(tasks.map((task) => ({ ...task, description: '' }))))).toEqual(tasks);
});
