import { request } from './people.ts';
import type { Cluster } from './split.ts';

export interface SystemStatus {
  readonly status: string;
  readonly services: Readonly<Record<string, { readonly status: string; readonly instances: number }>>;
}

export async function readStatus(cluster: { readonly url: string }): Promise<SystemStatus> {
  return (await request<SystemStatus>(cluster, 'GET', '/status')).body;
}

/** What /readyz of every process of a target says. */
export async function readReady(cluster: Cluster, target: string): Promise<boolean[]> {
  const ports = cluster.processes().flatMap(({ planned }) => (planned?.target === target ? [planned.adminPort] : []));
  return Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok));
}
