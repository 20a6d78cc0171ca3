/** Curves over the number of sign-ins as a picture that needs nothing else: text and lines in SVG, readable on light and on dark. */
export interface Curve {
  readonly name: string;
  /** As SVG has it; empty: a whole line. */
  readonly dash: string;
  readonly points: readonly (readonly [number, number])[];
}

const [width, height, left, top, right, bottom] = [820, 440, 64, 24, 200, 52];
/** Okabe and Ito's, for the colour-blind; one a kind of attacker. */
const colours = ['#0072b2', '#d55e00', '#009e73'];

export function curves(all: readonly Curve[]): string {
  const xs = all.flatMap(({ points }) => points.map(([x]) => x));
  const [xMin, xMax] = [Math.min(...xs), Math.max(...xs)];
  const yMax = 1;
  const x = (value: number): number => left + (Math.log(value / xMin) / Math.log(xMax / xMin)) * (width - left - right);
  const y = (value: number): number => height - bottom - (value / yMax) * (height - top - bottom);
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (tick) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#8884"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
  );
  const places = [...new Set(xs)].map(
    (tick) => `<text x="${x(tick)}" y="${height - bottom + 18}" text-anchor="middle">${tick}</text>`,
  );
  const ends = spread(all.map(({ points }) => y(points.at(-1)![1])));
  const lines = all.map(({ name, dash, points }, i) => {
    const colour = colours[Math.floor(i / 3) % colours.length]!;
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/><text x="${width - right + 8}" y="${ends[i]! + 4}" fill="${colour}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#777" role="img" aria-label="Median share of sign-ins that are questioned when 99.5 % of attacks are, over the number of sign-ins">
<rect width="${width}" height="${height}" fill="none"/>
${[...ticks, ...places, ...lines].join('\n')}
<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle">sign-ins of a person so far</text>
<text transform="translate(18 ${height / 2}) rotate(-90)" text-anchor="middle">median share questioned</text>
</svg>
`;
}

/** Labels that would lie on each other are moved apart. */
function spread(at: readonly number[]): number[] {
  const order = at.map((place, i) => ({ place, i })).toSorted((a, b) => a.place - b.place);
  const gap = 16;
  let last = top;
  const placed = at.map(() => 0);
  const room = height - bottom - gap * (at.length - 1);
  order.forEach(({ place, i }, n) => {
    last = Math.max(n === 0 ? Math.min(place, room) : last + gap, Math.min(place, room + n * gap));
    placed[i] = last;
  });
  return placed;
}
