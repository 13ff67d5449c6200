import { once } from 'node:events';
import { connect } from 'node:http2';
import { request } from './people.ts';
import type { Cluster } from './split.ts';

export interface SystemStatus {
  readonly status: string;
  readonly services: Readonly<Record<string, { readonly status: string; readonly instances: number }>>;
}

export async function readStatus(cluster: { readonly url: string }): Promise<SystemStatus> {
  return (await request<SystemStatus>(cluster, 'GET', '/status')).body;
}

/** Whether each process of a target is ready: what /readyz says, and the standard gRPC health service beside it. */
export async function readReady(cluster: Cluster, target: string): Promise<boolean[]> {
  const planned = cluster.processes().flatMap((each) => (each.planned?.target === target ? [each.planned] : []));
  const asked = planned.map(async ({ adminPort, rpcPort }) => [
    (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok,
    await isServing(rpcPort),
  ]);
  return (await Promise.all(asked)).flat();
}

/** `grpc.health.v1.Health/Check` of the whole process: an empty request, and the status as the only field of the answer. */
async function isServing(port: number): Promise<boolean> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const headers = { ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', te: 'trailers' };
    const call = session.request({ ...headers, 'content-type': 'application/grpc' });
    call.end(Buffer.alloc(5));
    const chunks: Buffer[] = [];
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(call, 'end');
    const [status] = Buffer.concat(chunks).subarray(6);
    if (status !== 1 && status !== 2) throw new Error(`port ${port} says nothing of its health`);
    return status === 1;
  } finally {
    session.destroy();
  }
}
