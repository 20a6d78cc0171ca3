/// <reference types="vite/client" />

/** The part of `qrcode` we use: the modules of a code, which we draw ourselves as SVG. */
declare module 'qrcode' {
  export function create(text: string): { readonly modules: { readonly size: number; readonly data: Uint8Array } };
}
