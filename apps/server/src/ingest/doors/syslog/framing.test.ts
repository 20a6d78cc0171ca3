import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framing, PartialRoom } from './framing.ts';

function lines(chunks: readonly (string | Uint8Array)[], bytesMax?: number): { line: string; cut: boolean }[] {
  const found: { line: string; cut: boolean }[] = [];
  const sink = (line: Uint8Array, cut: boolean) => void found.push({ line: Buffer.from(line).toString('latin1'), cut });
  const framing = new Framing(sink, undefined, bytesMax);
  for (const chunk of chunks) framing.push(Buffer.from(chunk as string, 'latin1'));
  framing.end();
  return found;
}
const texts = (chunks: readonly string[]) => lines(chunks).map(({ line }) => line);

/** The same bytes in other pieces. */
function split(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, i) => text.slice(places[i], end));
}

describe('framing', () => {
  it('takes lines and counted frames, mixed, whatever stands between them', () => {
    expect(texts(['<1>a\n<2>b\r\n\n\0<3>c\0\n'])).toEqual(['<1>a', '<2>b', '<3>c']);
    expect(texts(['4 <1>a5 <2>\nb\n4 <3>c<4>d\n4 <5>e'])).toEqual(['<1>a', '<2>\nb', '<3>c', '<4>d', '<5>e']);
  });

  it('takes no number for a length where no priority follows', () => {
    expect(texts(['2026-01-01 x\n10 apples\n12\n0 <1>a\n99999999999 <1>a\n'])).toEqual([
      '2026-01-01 x',
      '10 apples',
      '12',
      '0 <1>a',
      '99999999999 <1>a',
    ]);
    expect(texts(['4 <1>a5 helloA b\n'])).toEqual(['<1>a', 'hello', 'A b']);
  });

  it('gives what is left at the end', () => {
    expect(texts(['<1>a'])).toEqual(['<1>a']);
    expect(texts(['9 <1>a'])).toEqual(['<1>a']);
    expect(texts(['12'])).toEqual(['12']);
  });

  it('cuts what is too long, and goes on behind it', () => {
    const long = 'x'.repeat(50);
    const cut = { line: 'x'.repeat(10), cut: true };
    expect(lines([`${long}\n<1>a\n`], 10)).toEqual([cut, { line: '<1>a', cut: false }]);
    expect(lines([long, `${long}\n`, '<1>a\n'], 10)).toEqual([cut, { line: '<1>a', cut: false }]);
    expect(lines(['40 <1>', 'y'.repeat(37), '4 <1>a'], 10)).toEqual([
      { line: '<1>yyyyyyy', cut: true },
      { line: '<1>a', cut: false },
    ]);
  });

  it('shares the room for lines that are not whole, and gives it back', () => {
    const room = new PartialRoom(5_000);
    const found: [number, boolean][] = [];
    const make = () => new Framing((line, cut) => void found.push([line.length, cut]), room);
    const [first, second] = [make(), make()];
    first.push(Buffer.alloc(6_000, 'a'));
    for (let i = 0; i < 20; i++) second.push(Buffer.alloc(300, 'b'));
    second.push(Buffer.from('\n'));
    first.push(Buffer.from('\n'));
    for (let i = 0; i < 13; i++) second.push(Buffer.alloc(300, 'b'));
    second.push(Buffer.from('\n'));
    expect(found.map(([, cut]) => cut)).toEqual([true, false, false]);
    expect(found[0]?.[0]).toBeGreaterThanOrEqual(1_024);
    expect(room.take(5_000)).toBe(true);
  });

  it('gives the same lines however the bytes come', () => {
    const line = fc.stringMatching(/^<[1-9]\d{0,2}>[ -~]{0,30}$/);
    const frame = fc.tuple(line, fc.boolean());
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 30 }), (frames, cuts) => {
        const text = frames.map(([l, counted]) => (counted ? `${l.length} ${l}` : `${l}\n`)).join('');
        expect(texts(split(text, cuts))).toEqual(frames.map(([l]) => l));
      }),
    );
  });

  it('takes any bytes without a crash, in bounds, and the same in other pieces', () => {
    const bytes = fc.string({ unit: fc.constantFrom('0', '1', '9', ' ', '<', '>', '\n', '\r', '\0', 'a') });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 30 }), (text, cuts) => {
        const whole = lines([text], 8);
        expect(lines(split(text, cuts), 8)).toEqual(whole);
        for (const { line } of whole) expect(line.length).toBeLessThanOrEqual(8);
      }),
      { numRuns: 500 },
    );
  });
});
