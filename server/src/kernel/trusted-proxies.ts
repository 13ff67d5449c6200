import { BlockList, isIP } from 'node:net';

/** Whose word counts about where a request comes from: so many proxies, the nearest first, or all in certain networks. */
export type TrustedProxies = { readonly hops: number } | { readonly networks: BlockList };

export const noProxies: TrustedProxies = { hops: 0 };

export const trustsAny = (trusted: TrustedProxies): boolean => !('hops' in trusted) || trusted.hops > 0;

const mostHops = 32;
const help = 'must be true, false, a number of proxies, or their addresses and networks as 10.0.0.0/8,192.0.2.1';

/** Throws an Error for people. */
export function parseTrustedProxies(text: string): TrustedProxies {
  const word = text.trim().toLowerCase();
  if (word === 'true') return { hops: 1 };
  if (word === 'false') return noProxies;
  if (/^\d{1,2}$/.test(word) && Number(word) <= mostHops) return { hops: Number(word) };
  const networks = new BlockList();
  for (const item of word.split(',')) addNetwork(networks, item.trim());
  return { networks };
}

function addNetwork(networks: BlockList, text: string): void {
  const [address = '', length] = text.split('/', 2);
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  if (version === 0 || (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits))) {
    throw new Error(help);
  }
  networks.addSubnet(address, Number(length ?? bits), version === 6 ? 'ipv6' : 'ipv4');
}

/** Whether `address` is believed, after so many proxies have been. */
function trusts(trusted: TrustedProxies, address: string, passed: number): boolean {
  if ('hops' in trusted) return passed < trusted.hops;
  const version = isIP(address);
  return version !== 0 && trusted.networks.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

export function trustsPeer(trusted: TrustedProxies, peer: string): boolean {
  return trusts(trusted, toAddress(peer) ?? peer, 0);
}

/**
 * Where a request comes from. Proxies append to X-Forwarded-For whom they were asked by, so it is read from its end, for as long as who
 * said it is trusted: what stands before that is whatever the client wrote. Nothing but an IP address is ever taken from it.
 */
export function clientAddress(peer: string, forwarded: string | undefined, trusted: TrustedProxies): string {
  let address = toAddress(peer) ?? peer;
  const said = forwarded?.split(',') ?? [];
  for (let passed = 0; trusts(trusted, address, passed); passed++) {
    const next = toAddress(said.pop() ?? '');
    if (next === null) break;
    address = next;
  }
  return address;
}

/** Without the port that some proxies add; an IPv4 address that came over IPv6 as what it is. null: no address. */
function toAddress(text: string): string | null {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(text.trim()) ?? [];
  const address = (bracketed ?? dotted ?? text.trim()).toLowerCase().replace(/^::ffff:(?=[\d.]+$)/, '');
  return isIP(address) === 0 ? null : address;
}

type Headers = Record<string, string | string[] | undefined>;

/**
 * Leaves in the headers of a request what is to be believed of them: of X-Forwarded-For the client's address, and nothing of any
 * X-Forwarded header where the peer is no proxy of ours.
 */
export function settleForwarded(headers: Headers, peer: string, trusted: TrustedProxies): void {
  const said = headers['x-forwarded-for'];
  if (trustsPeer(trusted, peer)) {
    if (said !== undefined) headers['x-forwarded-for'] = clientAddress(peer, String(said), trusted);
    return;
  }
  for (const name of ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']) {
    if (headers[name] !== undefined) delete headers[name];
  }
}
