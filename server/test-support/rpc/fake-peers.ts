import type { Context } from '../../src/kernel/context.ts';
import { fail } from '../../src/kernel/errors.ts';
import type { Instance, InstanceSource } from '../../src/model/instance.ts';
import type { Peers } from '../../src/rpc/remote/create-peers.ts';
import { type Peer, type RpcMethod, TransportFailure } from '../../src/rpc/rpc-service.ts';

/** A call that has arrived at a fake instance and waits to be answered. */
export interface FakeCall {
  readonly address: string;
  readonly method: RpcMethod;
  readonly ctx: Context;
  readonly args: readonly unknown[];
  begin(): void;
  hear(...result: unknown[]): void;
  answer(value: unknown): void;
  fail(thrown: unknown): void;
}

/** Connections whose far side the test plays: what arrives is kept until the test answers it, unless `onCall` does. */
export class FakePeers implements Peers {
  /** In the order of arrival, over all addresses. */
  readonly calls: FakeCall[] = [];
  /** Addresses where nobody listens. */
  readonly dead = new Set<string>();
  onCall: ((call: FakeCall) => void) | null = null;
  readonly closed: string[] = [];

  of(address: string): Peer {
    return {
      call: (method, ctx, args, onResult, onBegun) =>
        new Promise((resolve, reject) => {
          if (this.dead.has(address)) {
            reject(new TransportFailure('service.unavailable', false));
            return;
          }
          const call: FakeCall = {
            ...{ address, method, ctx, args, answer: resolve, fail: reject },
            begin: () => onBegun?.(),
            hear: (...result) => onResult?.(...result),
          };
          this.calls.push(call);
          this.onCall?.(call);
        }),
      close: () => void this.closed.push(address),
    };
  }

  close(): void {}

  /** The calls that are there, which are forgotten. */
  take(): FakeCall[] {
    return this.calls.splice(0);
  }

  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { address } of this.calls) counts[address] = (counts[address] ?? 0) + 1;
    return counts;
  }
}

export const lost = (reached = true): TransportFailure => new TransportFailure('service.unavailable', reached);
export const refused = fail('conversation.forbidden');

/** Who runs a service, as the test says. */
export class FakeSource implements InstanceSource {
  #list: readonly Instance[] = [];
  refreshes = 0;

  constructor(...addresses: readonly string[]) {
    this.set(...addresses);
  }

  set(...addresses: readonly string[]): void {
    this.#list = addresses.map((address) => ({ id: `id-${address}`, service: 'fake', address }));
  }

  list(): readonly Instance[] {
    return this.#list;
  }

  addressOf(id: string): string | undefined {
    return this.#list.find((instance) => instance.id === id)?.address;
  }

  async refresh(): Promise<void> {
    this.refreshes++;
  }
}
