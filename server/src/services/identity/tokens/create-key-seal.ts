import { scrypt } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';

/** How private signing keys are kept in the database. */
export interface KeySeal {
  /** What to store: the key sealed with the first secret, or as it is when there is none. */
  seal(kid: string, jwk: string): Promise<string>;
  /** null: sealed with no secret of ours, or not for this `kid`. `stale`: `seal` would store it otherwise now. */
  open(kid: string, stored: string): Promise<{ readonly jwk: string; readonly stale: boolean } | null>;
}

/** 32 MiB and a tenth of a second: a secret that people thought up is not found by trying. */
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 };

/**
 * Seals with the first secret, opens with any: while the secret is being changed, both are given. The form is an encrypted JWK
 * (RFC 7517 section 7): JWE with A256GCM under a key made of the secret by scrypt, the `kid` authenticated with it.
 */
export function createKeySeal(secrets: readonly string[]): KeySeal {
  const derived = new Map<string, Promise<Buffer>>();

  function keyOf(secret: string): Promise<Buffer> {
    const key = derived.get(secret) ?? deriveKey(secret);
    derived.set(secret, key);
    return key;
  }

  return {
    async seal(kid, jwk) {
      const [secret] = secrets;
      if (secret === undefined) return jwk;
      return new CompactEncrypt(Buffer.from(jwk))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'jwk+json', kid })
        .encrypt(await keyOf(secret));
    },
    async open(kid, stored) {
      if (stored.startsWith('{')) return { jwk: stored, stale: secrets.length > 0 };
      for (const [i, secret] of secrets.entries()) {
        const opened = await compactDecrypt(stored, await keyOf(secret)).catch(() => null);
        if (opened?.protectedHeader.kid === kid) return { jwk: Buffer.from(opened.plaintext).toString(), stale: i > 0 };
      }
      return null;
    },
  };
}

function deriveKey(secret: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The salt is fixed: every process must come to the same key, and one secret seals one system's keys.
    scrypt(secret, 'parley signing keys', 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
