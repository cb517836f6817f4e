/** What every response carries and every request must pass: headers, the Host, the origin of changes. */
import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../errors.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types docent',
].join('; ');

/** No script or style but our files, no frame around us, no address leaked to other sites. */
export function securityHeaders(_req: Request, res: Response, next: NextFunction): void {
  res.set({
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    // Not `no-referrer`: that makes browsers send `Origin: null` with our own forms.
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), interest-cohort=()',
    'Cache-Control': 'no-store',
  });
  next();
}

/**
 * Refuses requests under a foreign name, which is how a page elsewhere reaches a console on loopback (DNS rebinding).
 * @param publicUrl PUBLIC_URL, whose host is allowed too
 */
export function loopbackHost(publicUrl: string | undefined): (req: Request, res: Response, next: NextFunction) => void {
  const allowed = new Set(['localhost', '127.0.0.1', '[::1]']);
  if (publicUrl) allowed.add(new URL(publicUrl).hostname);
  return (req, _res, next) => {
    const host = hostnameOf(req.headers.host);
    if (host !== null && allowed.has(host)) return next();
    next(new AppError({ code: 'request.host', message: 'request under a foreign host name' }));
  };
}

/**
 * Refuses changes that another site's page asks for. Browsers always say where a POST comes from; programs that say
 * nothing carry no cookies of a person either.
 * @param publicUrl PUBLIC_URL, whose origin is ours even when a proxy changes the Host
 */
export function sameOrigin(publicUrl: string | undefined): (req: Request, res: Response, next: NextFunction) => void {
  const publicHost = publicUrl ? new URL(publicUrl).host : null;
  return (req, _res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') return next();
    if (isOwn(req, publicHost)) return next();
    next(new AppError({ code: 'request.origin', message: 'change asked for by another site' }));
  };
}

function isOwn(req: Request, publicHost: string | null): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = req.headers.origin;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const host = new URL(origin).host;
  return host === req.headers.host?.toLowerCase() || host === publicHost;
}

function hostnameOf(host: string | undefined): string | null {
  if (!host || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return null;
  return new URL(`http://${host}`).hostname;
}
