/**
 * How much of a claim an address has to a key: the one with the highest claim owns it (rendezvous hashing). Every process
 * computes the same; when an address comes or goes, only the keys that it owns move.
 */
export function claimOf(key: string, address: string): number {
  return mix(hash(key) ^ Math.imul(mix(hash(address)), 0x9e3779b1));
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** The last step of MurmurHash3: every bit of the input concerns every bit of the output. */
function mix(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Of some addressed things the owner of the key, undefined when there are none. Equal claims go to the lower address. */
export function findOwner<T extends { readonly address: string }>(key: string, among: readonly T[]): T | undefined {
  let owner: T | undefined;
  let best = -1;
  for (const candidate of among) {
    const claim = claimOf(key, candidate.address);
    if (owner && (claim < best || (claim === best && candidate.address >= owner.address))) continue;
    owner = candidate;
    best = claim;
  }
  return owner;
}
