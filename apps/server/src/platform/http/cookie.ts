import type { FastifyReply } from 'fastify';

/** The `__Host-` prefix makes browsers insist on Secure, no Domain and Path=/: no other host can set it. */
export const sessionCookie = '__Host-sallyport';

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

/** Sets the session cookie; it ends at `expires`, at the latest, and without it when the browser is closed. */
export function setSessionCookie(reply: FastifyReply, value: string, expires: Date | undefined): void {
  reply.setCookie(sessionCookie, value, { ...attributes, ...(expires === undefined ? {} : { expires }) });
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, attributes);
}
