import { expect, test } from 'vitest';
import { mentionBefore, writeMention } from './mentioning.ts';

test('what is typed after an @ is a mention, an address is none', () => {
  expect(mentionBefore('ask @ann', 8)).toEqual({ from: 4, typed: 'ann' });
  expect(mentionBefore('@', 1)).toEqual({ from: 0, typed: '' });
  expect(mentionBefore('mail anna@con', 13)).toBeUndefined();
  expect(mentionBefore('ask @ann now', 12)).toBeUndefined();
});

test('the name takes the place of what was typed', () => {
  expect(writeMention('ask @ann!', 8, '@anna@contoso.com')).toEqual({ text: 'ask @anna@contoso.com !', caret: 22 });
});
