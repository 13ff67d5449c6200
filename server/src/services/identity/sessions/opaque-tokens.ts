import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { SessionId } from '../../../kernel/ids.ts';

/**
 * Secrets that only their hash is stored of, written base64url.
 *
 *   refresh token: session id (16 bytes), family (32), rotation (32)
 *   cookie:        session id (16 bytes), secret (32)
 *
 * The family half lasts as long as the session and the rotation half until the next refresh: a token with the right family and
 * an old rotation was used before, which ends the session; one with another family was invented, and is merely refused.
 * Without that, whoever knows a session's id could end it.
 */
export interface RefreshToken {
  readonly session: SessionId;
  readonly familyHash: Buffer;
  readonly rotationHash: Buffer;
  readonly text: string;
}

export interface CookieSecret {
  readonly session: SessionId;
  readonly hash: Buffer;
  readonly text: string;
}

export function createRefreshToken(session: SessionId): RefreshToken {
  return refreshToken(Buffer.concat([idBytes(session), randomBytes(64)]));
}

/**
 * The same session and family with a new rotation; with a key always the same one, which nobody can know who has the old token
 * and not the key.
 */
export function rotate(text: string, key?: string): RefreshToken {
  const old = Buffer.from(text, 'base64url');
  const rotation = key === undefined ? randomBytes(32) : createHmac('sha256', key).update(old.subarray(48)).digest();
  return refreshToken(Buffer.concat([old.subarray(0, 48), rotation]));
}

/** null: not the form of a refresh token. */
export function parseRefreshToken(text: string): RefreshToken | null {
  const bytes = parseBytes(text, 80);
  return bytes && refreshToken(bytes);
}

export function createCookieSecret(session: SessionId): CookieSecret {
  return cookieSecret(Buffer.concat([idBytes(session), randomBytes(32)]));
}

/** null: not the form of a session cookie. */
export function parseCookieSecret(text: string): CookieSecret | null {
  const bytes = parseBytes(text, 48);
  return bytes && cookieSecret(bytes);
}

/** A code for a mail: 192 bits, letters, digits, hyphen and underscore. */
export function createCode(): { readonly text: string; readonly hash: Buffer } {
  const text = randomBytes(24).toString('base64url');
  return { text, hash: hashCode(text) };
}

/** White space around a pasted code is forgiven. */
export function hashCode(text: string): Buffer {
  return sha256(Buffer.from(text.trim()));
}

function refreshToken(bytes: Buffer): RefreshToken {
  return {
    session: idText(bytes),
    familyHash: sha256(bytes.subarray(16, 48)),
    rotationHash: sha256(bytes.subarray(48, 80)),
    text: bytes.toString('base64url'),
  };
}

function cookieSecret(bytes: Buffer): CookieSecret {
  return { session: idText(bytes), hash: sha256(bytes.subarray(16)), text: bytes.toString('base64url') };
}

/** Exactly `length` bytes in their one spelling: decoders also accept characters that they ignore. */
function parseBytes(text: string, length: number): Buffer | null {
  if (text.length !== Math.ceil((length * 4) / 3)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : null;
}

function idBytes(session: SessionId): Buffer {
  return Buffer.from(session.replaceAll('-', ''), 'hex');
}

function idText(bytes: Buffer): SessionId {
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as SessionId;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
