import { decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { createKeySeal } from './create-key-seal.ts';

const [older, newer] = ['the older secret', 'the newer secret'];
const jwk = '{"kty":"EC","d":"private"}';

describe('a seal', () => {
  test('without a secret stores keys as they are', async () => {
    const none = createKeySeal([]);
    expect(await none.seal('k', jwk)).toBe(jwk);
    expect(await none.open('k', jwk)).toEqual({ jwk, stale: false });
  });

  test('hides the key, differently each time, and gives it back', async () => {
    const seal = createKeySeal([older]);
    const stored = await seal.seal('k', jwk);
    expect(decodeProtectedHeader(stored)).toEqual({ alg: 'dir', enc: 'A256GCM', cty: 'jwk+json', kid: 'k' });
    expect(Buffer.from(stored, 'base64url').toString()).not.toContain('private');
    expect(await seal.seal('k', jwk)).not.toBe(stored);
    expect(await seal.open('k', stored)).toEqual({ jwk, stale: false });
    expect(await createKeySeal([older]).open('k', stored)).toEqual({ jwk, stale: false });
  });

  test('calls stale what is plain or sealed with a secret that is not the first', async () => {
    const stored = await createKeySeal([older]).seal('k', jwk);
    expect(await createKeySeal([newer, older]).open('k', stored)).toEqual({ jwk, stale: true });
    expect(await createKeySeal([newer]).open('k', jwk)).toEqual({ jwk, stale: true });
  });

  test('opens nothing of another secret, of another key, changed or made up', async () => {
    const seal = createKeySeal([older]);
    const stored = await seal.seal('k', jwk);
    expect(await createKeySeal([]).open('k', stored)).toBeNull();
    expect(await createKeySeal([newer]).open('k', stored)).toBeNull();
    expect(await seal.open('another', stored)).toBeNull();
    for (const at of [5, stored.length - 2, Math.floor(stored.length / 2)]) {
      const other = stored[at] === 'A' ? 'B' : 'A';
      expect(await seal.open('k', stored.slice(0, at) + other + stored.slice(at + 1))).toBeNull();
    }
    for (const nonsense of ['', 'x', '....', 'a.b.c.d.e', '\u0000']) expect(await seal.open('k', nonsense)).toBeNull();
  });
});
