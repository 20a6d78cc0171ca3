import { create } from 'qrcode';
import type { ReactElement } from 'react';

const QUIET = 4;

/** A QR code as SVG, dark on white in either theme so that every camera reads it. */
export function QrCode({ text, label }: { text: string; label: string }): ReactElement {
  const { size, data } = create(text).modules;
  let path = '';
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) if (data[y * size + x]) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
  const side = size + 2 * QUIET;
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${side} ${side}`}
      width="176"
      height="176"
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
