import type { DevicePlatform } from '@sallyport/contracts/conditional-access';

/** Windows phones and Android say more than one name, so the order matters. */
const platforms: readonly (readonly [RegExp, DevicePlatform])[] = [
  [/Windows Phone/i, 'windowsPhone'],
  [/Windows/i, 'windows'],
  [/iPhone|iPad|iPod/i, 'iOS'],
  [/Android/i, 'android'],
  [/Macintosh|Mac OS X/i, 'macOS'],
  [/Linux|X11/i, 'linux'],
];
/** As weak as what it comes from: the browser says it of itself. */
export const platformOf = (userAgent: string): DevicePlatform | undefined =>
  platforms.find(([name]) => name.test(userAgent))?.[1];
