const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** `12,345`: thousands apart. */
export const count = (value: number): string => grouped.format(value);

/** `1 alert`, `3 alerts`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** `1.2 M`: for tiles, where the shape matters more than the last digit. */
export function short(value: number): string {
  const units: [number, string][] = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e4, ' k'],
  ];
  const unit = units.find(([size]) => value >= size);
  if (!unit) return count(value);
  const scaled = value / (unit[1] === ' k' ? 1e3 : unit[0]);
  return `${scaled >= 100 ? Math.round(scaled) : Number(scaled.toFixed(1))}${unit[1]}`;
}

/** Bytes in powers of 1024: `1.4 MiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${scaled >= 100 || unit === 0 ? Math.round(scaled) : Number(scaled.toFixed(1))} ${units[unit]}`;
}
