/** The few pages that the provider draws itself, before anything else can be shown. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? '');

const style = `body{font:16px/1.5 "Segoe UI",system-ui,sans-serif;margin:0;display:grid;place-items:center;min-height:100vh;background:#f5f5f5;color:#242424}
main{background:#fff;padding:32px;max-width:400px;box-shadow:0 2px 8px #0002;border-radius:4px}h1{font-size:20px;margin:0 0 12px}
input[type=text]{font:24px monospace;letter-spacing:2px;width:100%;box-sizing:border-box;padding:8px;text-transform:uppercase}
button{font:inherit;padding:6px 20px;margin:16px 8px 0 0;border:1px solid #616161;border-radius:4px;background:#fff}
button.main{background:#0f6cbd;border-color:#0f6cbd;color:#fff}code{font-size:20px}
@media (prefers-color-scheme:dark){body{background:#141414;color:#fff}main{background:#292929}button{background:#292929;color:#fff}}`;

/** `content` is HTML: every text of others in it has gone through `escaped`. */
export const page = (title: string, content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${style}</style></head><body><main><h1>${escaped(title)}</h1>${content}</main></body></html>`;
