import type { KoaContextWithOIDC } from 'oidc-provider';
import { escaped, page } from './pages.ts';

/** Pages of the device code flow (RFC 8628): what is entered on one screen is agreed to on another. */
export const devicePages = {
  userCodeInputSource: (ctx: KoaContextWithOIDC, form: string, _out: unknown, error: unknown): void => {
    const said = error
      ? '<p role="alert">The code is not right, or no longer good. Get a new one on the device.</p>'
      : '';
    ctx.body = page(
      'Sign in on another device',
      `${said}<p>Enter the code that the device shows. Only go on if you began this yourself.</p>${form}
       <button class="main" type="submit" form="op.deviceInputForm">Next</button>`,
    );
  },
  userCodeConfirmSource: (
    ctx: KoaContextWithOIDC,
    form: string,
    client: { readonly clientName?: string | undefined; readonly clientId: string },
    device: { readonly ip?: unknown; readonly ua?: unknown },
    userCode: string,
  ): void => {
    ctx.body = page(
      `Sign in to ${client.clientName ?? client.clientId}`,
      `<p>A device at <b>${escaped(typeof device.ip === 'string' ? device.ip : 'an unknown address')}</b> asks to be signed in as you. It shows this code:</p>
       <p><code>${escaped(userCode)}</code></p>
       <p>If somebody sent you this code, do not go on: it would sign them in as you.</p>${form}
       <button class="main" type="submit" form="op.deviceConfirmForm">Continue</button>
       <button type="submit" form="op.deviceConfirmForm" value="yes" name="abort">Cancel</button>`,
    );
  },
  successSource: (ctx: KoaContextWithOIDC): void => {
    ctx.body = page('You are signed in', '<p>Go back to your device. You can close this page.</p>');
  },
};

export const logoutPages = {
  logoutSource: (ctx: KoaContextWithOIDC, form: string): void => {
    ctx.body = page(
      'Sign out?',
      `<p>You sign out of Sallyport and of the applications that you use through it in this browser.</p>${form}
       <button class="main" type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>
       <button type="submit" form="op.logoutForm">Stay signed in</button>`,
    );
  },
  postLogoutSuccessSource: (ctx: KoaContextWithOIDC): void => {
    ctx.body = page('You are signed out', '<p>You can close this page.</p>');
  },
};

/** Only what the standards let be said: nothing of the inside. */
export function errorPage(
  ctx: KoaContextWithOIDC,
  out: { readonly error?: string; readonly error_description?: string | undefined },
): void {
  // prettier-ignore
  ctx.type = 'html';
  ctx.body = page(
    'The sign-in did not work',
    `<p>${escaped(out.error_description ?? out.error ?? 'unknown error')}</p><p>Go back to the application and try again; if it stays so, tell its administrators:
     <code style="font-size:14px">${escaped(out.error ?? '')}</code></p>`,
  );
}
