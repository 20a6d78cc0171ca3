import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../request.ts';
import { filters } from '../testing/generate.ts';
import { compileFilter, FilterError, parseFilter } from './index.ts';

const holds = (rule: string, device: DeviceInfo = {}): boolean =>
  compileFilter(parseFilter(rule))((name) => device[name as keyof DeviceInfo]);

function fault(rule: string): { message: string; at: string } {
  try {
    parseFilter(rule);
  } catch (error) {
    if (error instanceof FilterError)
      return { message: error.message, at: rule.slice(error.span.offset, error.span.offset + error.span.length) };
    throw error;
  }
  return { message: 'none', at: '' };
}

describe('a device filter', () => {
  it.each<[string, DeviceInfo]>([
    [
      '(device.deviceid -eq "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb")',
      { deviceId: 'AAAAAAAA-0000-1111-2222-bbbbbbbbbbbb' },
    ],
    ['(device.displayName -contains "ABC")', { displayName: 'xabcx' }],
    ['(device.deviceOwnership -eq "Company")', { deviceOwnership: 'Company' }],
    [
      '(device.enrollmentProfileName -startsWith "AutoPilot Profile")',
      { enrollmentProfileName: 'Autopilot profile 7' },
    ],
    ['(device.isCompliant -eq "True")', { isCompliant: true }],
    ['(device.manufacturer -startsWith "Microsoft")', { manufacturer: 'Microsoft Corporation' }],
    [
      '(device.mdmAppId -in ["00001111-aaaa-2222-bbbb-3333cccc4444"])',
      { mdmAppId: '00001111-aaaa-2222-bbbb-3333cccc4444' },
    ],
    ['(device.model -notContains "Surface")', { model: 'Pixel' }],
    ['(device.operatingSystem -eq "Windows")', { operatingSystem: 'windows' }],
    [
      '(device.operatingSystemVersion -in ["10.0.18363", "10.0.19041", "10.0.19042", "10.0.22000"])',
      { operatingSystemVersion: '10.0.19042' },
    ],
    ['(device.physicalIds -contains "[ZTDId]:value")', { physicalIds: ['[OrderId]:1', '[ztdid]:value'] }],
    ['(device.profileType -eq "Printer")', { profileType: 'Printer' }],
    ['(device.systemLabels -contains "M365Managed")', { systemLabels: ['M365Managed'] }],
    ['(device.trustType -eq "ServerAD")', { trustType: 'ServerAD' }],
    ['(device.extensionAttribute1 -eq "SAW")', { extensionAttribute1: 'SAW' }],
  ])('of the documentation: %s', (rule, device) => {
    expect(holds(rule, device)).toBe(true);
  });

  it('asks a part of a text, but a whole member of a collection', () => {
    expect(holds('device.model -contains "face"', { model: 'Surface' })).toBe(true);
    expect(holds('device.systemLabels -contains "Multi"', { systemLabels: ['MultiUser'] })).toBe(false);
  });

  it('knows nothing of a device that is not registered: what is negative holds, what is positive does not', () => {
    const positive = [
      'device.model -eq "x"',
      'device.model -startsWith ""',
      'device.model -contains ""',
      'device.model -in ["x"]',
      'device.systemLabels -contains "x"',
    ];
    const negative = [
      'device.model -ne "x"',
      'device.model -notStartsWith ""',
      'device.model -notContains ""',
      'device.model -notIn ["x"]',
      'device.systemLabels -notContains "x"',
      'device.model -eq null',
    ];
    expect(positive.filter((rule) => holds(rule))).toEqual([]);
    expect(negative.filter((rule) => !holds(rule))).toEqual([]);
  });

  it('binds not before and before or', () => {
    const one: DeviceInfo = { model: 'a' };
    expect(holds('device.model -eq "a" -or device.model -eq "b" -and device.model -eq "c"', one)).toBe(true);
    expect(holds('(device.model -eq "a" -or device.model -eq "b") -and device.model -eq "c"', one)).toBe(false);
    expect(holds('-not device.model -eq "b" -and device.model -eq "a"', one)).toBe(true);
    expect(holds('-not (device.model -eq "b" -or device.model -eq "a")', one)).toBe(false);
  });

  it('takes operators without a hyphen and with the dash that pages make of it, and quotation marks within texts', () => {
    expect(holds('device.model eq "a"', { model: 'a' })).toBe(true);
    expect(holds('device.model –eq "a" –and device.model –ne null', { model: 'a' })).toBe(true);
    expect(holds('device.displayName -eq "the `"big`" one"', { displayName: 'the "big" one' })).toBe(true);
    expect(holds("device.displayName -eq 'Ada''s'", { displayName: "Ada's" })).toBe(true);
  });

  it.each([
    ['', '`device.` and a property, and the rule ends', ''],
    ['device.colour -eq "red"', 'no such property', 'device.colour'],
    ['user.model -eq "red"', '`device.` and a property', 'user.model'],
    ['device.model -like "x"', 'an operator', '-like'],
    ['device.isCompliant -contains "True"', 'cannot be asked with', '-contains'],
    ['device.physicalIds -eq "x"', 'cannot be asked with', '-eq'],
    ['device.trustType -eq "Azure"', 'AzureAD, ServerAD, Workplace', '"Azure"'],
    ['device.model -eq Surface', 'a text between quotation marks', 'Surface'],
    ['device.model -contains null', 'a text between quotation marks', 'null'],
    ['device.model -in "a"', '`[`', '"a"'],
    ['device.model -in ["a"', '`]`', ''],
    ['device.model -eq "a', 'closing quotation mark', '"a'],
    ['(device.model -eq "a"', '`)`', ''],
    ['device.model -eq "a")', '`-and`, `-or` or the end', ')'],
    ['device.model -eq "a" ; x', 'unexpected ";"', ';'],
    [`${'('.repeat(60)}device.model -eq "a"${')'.repeat(60)}`, 'more than 50 brackets', '('],
    [`${'-not '.repeat(60)}device.model -eq "a"`, 'more than 50 times', '-not'],
    [`device.model -eq "${'a'.repeat(3_072)}"`, 'longer than 3072', 'a'.repeat(18) + '"'],
  ])('tells where it is wrong: %#', (rule, message, at) => {
    const found = fault(rule);
    expect(found.message).toContain(message);
    expect(found.at).toBe(at);
  });

  it('of whatever characters is parsed or refused with a place within it', () => {
    const piece = fc.constantFrom(
      'device.model',
      '-eq',
      '-in',
      '-not',
      '-and',
      '-or',
      '(',
      ')',
      '[',
      ']',
      ',',
      '"',
      "'",
      '`',
      'null',
      'true',
      ' ',
      '–',
      '"a"',
      'device.',
      '𝒙',
      '\u0000',
    );
    const rule = fc.oneof(
      fc.uint16Array({ maxLength: 60 }).map((units) => String.fromCharCode(...units)),
      fc.array(piece, { maxLength: 80 }).map((all) => all.join(' ')),
      fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
    );
    const isPlaced = (text: string): boolean => {
      try {
        compileFilter(parseFilter(text))(() => undefined);
        return true;
      } catch (error) {
        if (!(error instanceof FilterError)) throw error;
        const { offset, length } = error.span;
        return offset >= 0 && length >= 0 && offset + length <= text.length;
      }
    };
    fc.assert(
      fc.property(rule, (text) => {
        expect(isPlaced(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('means what it was made to mean', () => {
    const device: DeviceInfo = {
      model: 'Surface',
      displayName: "ADA'S",
      trustType: 'ServerAD',
      isCompliant: false,
      extensionAttribute1: 'saw',
      systemLabels: ['multiuser'],
    };
    fc.assert(
      fc.property(filters, fc.boolean(), (filter, known) => {
        expect(holds(filter.rule, known ? device : {})).toBe(filter.holds(known ? device : undefined));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a rule of a dynamic group', () => {
  const person = {
    department: 'Sales',
    jobTitle: 'Regional manager',
    accountEnabled: true,
    mail: 'a@contoso.com',
    otherMails: ['a@home.example', 'b@contoso.com'],
  };
  const member = (rule: string): boolean =>
    compileFilter(parseFilter(rule, 'user'))((name) => person[name as keyof typeof person]);

  it.each([
    'user.department -eq "Sales"',
    '(user.department -eq "sales") -and (user.jobTitle -contains "MANAGER")',
    'user.accountEnabled -eq true',
    'user.mail -ne null -and user.city -eq null',
    'user.department -in ["Marketing","Sales"]',
    'user.jobTitle -match "^regional.*r$"',
    'user.jobTitle -notMatch "^Chief"',
    'user.otherMails -any (_ -startsWith "b@" -and _ -contains "contoso")',
    '-not (user.otherMails -all (_ -contains "contoso"))',
    'user.otherMails -contains "A@home.example"',
    'user.extensionAttribute1 -ne "SAW"',
  ])('holds: %s', (rule) => expect(member(rule)).toBe(true));

  it.each([
    ['device.model -eq "x"', 'expected `user.` and a property'],
    ['user.shoeSize -eq "44"', 'no such property: `user.shoeSize`'],
    ['user.jobTitle -match "("', 'not a regular expression'],
    ['user.otherMails -any (_ -any (_ -eq "x"))', 'expected an operator'],
  ])('is none: %s', (rule, message) => expect(() => parseFilter(rule, 'user')).toThrow(message));
});
