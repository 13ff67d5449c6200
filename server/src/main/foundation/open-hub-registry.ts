import { createMemoryHubRegistry } from '../../adapters/hub-registry/memory/create-memory-hub-registry.ts';
import { createMemoryInstanceStore } from '../../adapters/instance-store/memory/create-memory-instance-store.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Health } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { HubRegistry } from '../../ports/hub-registry.ts';
import type { InstanceStore } from '../../ports/instance-store.ts';
import { parsePrefix } from './parse-bus-url.ts';

/** What `--registry` names. */
export type RegistryAddress =
  | { readonly kind: 'memory' }
  /** `prefix` stands before every key. */
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string };

const help = 'must be: memory or redis://[user:password@]host[:6379][/database][?prefix=…], rediss:// for TLS';

/** Throws an Error for people. */
export function parseRegistryUrl(text: string): RegistryAddress {
  if (text === 'memory') return { kind: 'memory' };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Error(help);
  }
  const unknown = [...url.searchParams.keys()].filter((name) => name !== 'prefix');
  const isRedis = /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(\/\d*)?$/.test(url.pathname);
  if (!isRedis || url.hash || unknown.length > 0) throw new Error(help);
  const prefix = `${parsePrefix(url.searchParams.get('prefix') ?? '')}parley`;
  url.search = '';
  return { kind: 'redis', url: url.href, prefix };
}

export interface OpenedHubRegistry {
  readonly registry: HubRegistry;
  /** Of Redis; null: there is none. */
  health(): Health | null;
}

/** The registry that `--registry` names; connects in the background. */
export async function openHubRegistry(
  option: string,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<OpenedHubRegistry> {
  const address = parseRegistryUrl(option);
  if (address.kind === 'memory') return { registry: createMemoryHubRegistry({ clock }), health: () => null };
  const { createRedisHubRegistry } = await import('../../adapters/hub-registry/redis/create-redis-hub-registry.ts');
  const registry = createRedisHubRegistry({ url: address.url, prefix: address.prefix, log });
  return { registry, health: registry.health };
}

/** Discovery's store of instances, at the same place. */
export async function openInstanceStore(
  option: string,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): Promise<InstanceStore> {
  const address = parseRegistryUrl(option);
  if (address.kind === 'memory') return createMemoryInstanceStore({ clock });
  const { createRedisInstanceStore } = await import(
    '../../adapters/instance-store/redis/create-redis-instance-store.ts'
  );
  return createRedisInstanceStore({ url: address.url, prefix: address.prefix, log });
}
