/** What a browser says of itself, from coarse to fine. As weak as what it comes from; unknown parts are empty. */
export interface Browser {
  readonly deviceType: 'desktop' | 'mobile' | 'tablet' | '';
  readonly operatingSystem: string;
  /** Name and major version. */
  readonly browser: string;
}

/** Browsers name their forebears too, so the order matters. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /\b(?:OPR|Opera)\/(\d+)/],
  ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[\d.]*(?: Mobile\/\w+)? Safari\//],
];
const systems: readonly (readonly [string, RegExp])[] = [
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\b(?:Macintosh|Mac OS X)\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\b(?:Linux|X11)\b/],
];
/** Longer ones are no browser's, and every expression here is linear in it. */
const lengthMax = 1_024;

export function browserOf(text: string): Browser {
  const agent = text.slice(0, lengthMax);
  const operatingSystem = systems.find(([, pattern]) => pattern.test(agent))?.[0] ?? '';
  const known = browsers.flatMap(([name, pattern]) => {
    const version = pattern.exec(agent)?.[1];
    return version === undefined ? [] : [`${name} ${version}`];
  })[0];
  // Of a program the first word: its name and version.
  const browser = known ?? /^[\w.-]{1,64}(?:\/\d+)?/.exec(agent)?.[0] ?? '';
  return { deviceType: deviceTypeOf(agent, operatingSystem), operatingSystem, browser };
}

function deviceTypeOf(agent: string, system: string): Browser['deviceType'] {
  if (/\biPad\b|\bTablet\b/.test(agent) || (system === 'Android' && !/\bMobile\b/.test(agent))) return 'tablet';
  if (system === 'iOS' || system === 'Android') return 'mobile';
  return system === '' ? '' : 'desktop';
}
