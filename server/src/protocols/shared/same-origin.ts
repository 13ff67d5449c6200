import type { IncomingHttpHeaders } from 'node:http';

export interface OriginRule {
  /** Origins besides our own, as `https://chat.example.org`. */
  readonly allowedOrigins: readonly string[];
  /** True behind a reverse proxy: what the port has left of `X-Forwarded-Host` and `-Proto` is believed. */
  readonly trustProxy: boolean;
  /** Told of every page that was refused: an operator who forgot to say where the server is reached must be able to see why. */
  readonly onRefused?: ((refused: RefusedOrigin) => void) | undefined;
}

export interface RefusedOrigin {
  readonly origin: string;
  /** What the server takes for its own. */
  readonly host: string;
}

/**
 * Whether a browser made this request from our own pages. A cookie travels with requests of other sites' making too, so it
 * alone proves nothing: what changes state, or opens a socket, needs this besides.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, rule: OriginRule): boolean {
  const { origin } = headers;
  if (origin !== undefined) return rule.allowedOrigins.includes(origin) || isOwn(origin, headers, rule.trustProxy);
  const site = headers['sec-fetch-site'];
  return site === 'same-origin' || site === 'none';
}

function isOwn(origin: string, headers: IncomingHttpHeaders, trustProxy: boolean): boolean {
  if (!URL.canParse(origin)) return false;
  const { host, protocol } = new URL(origin);
  const own = (trustProxy && first(headers['x-forwarded-host'])) || headers.host;
  if (host !== own?.toLowerCase()) return false;
  const scheme = trustProxy ? first(headers['x-forwarded-proto']) : undefined;
  return scheme === undefined || protocol === `${scheme}:`;
}

/** The value our nearest proxy saw first, of a list that proxies append to. */
export function first(header: string | string[] | undefined): string | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  return value?.split(',', 1)[0]?.trim().toLowerCase() || undefined;
}
