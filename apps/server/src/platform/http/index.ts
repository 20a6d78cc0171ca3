export { createHttpServer, type ErrorFace, type HttpOptions, type HttpServer } from './server.ts';
export { clientAuthorityOf, loadTls, type TlsMaterial } from './tls.ts';
export { setSessionCookie, clearSessionCookie, sessionCookie } from './cookie.ts';
export { defaultRateLimits, type RateLimits } from './rate-limit.ts';
export { requireCaller, requirePerson } from './handlers.ts';
export type { Authenticator, SharedKeyClaim, Signer } from './exchange.ts';
export type { AuditFacts, Caller, Handler, HandlerInput, Handlers, RequestContext } from './handlers.ts';
export type { MountedHandler, MountedRoute } from './mounted.ts';
