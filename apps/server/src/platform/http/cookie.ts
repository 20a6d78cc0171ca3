import type { FastifyReply } from 'fastify';

/** The `__Host-` prefix makes browsers insist on Secure, no Domain and Path=/: no other host can set it. */
export const sessionCookie = '__Host-sallyport';

const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

/** Sets the session cookie; it ends at `expires`, at the latest. */
export function setSessionCookie(reply: FastifyReply, value: string, expires: Date): void {
  reply.setCookie(sessionCookie, value, { ...attributes, expires });
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(sessionCookie, attributes);
}
