import type { ProcessApi, ProcessEvents, ProcessStatus } from '../services/process/api.ts';

/** What this process answers to what concerns every process. */
export interface OwnProcess extends ProcessEvents {
  readonly api: ProcessApi;
}

export function createOwnProcess(status: () => ProcessStatus): OwnProcess {
  const revoked: Parameters<ProcessEvents['onRevoked']>[0][] = [];
  const resets: Parameters<ProcessEvents['onStreamReset']>[0][] = [];
  return {
    api: {
      status: async () => status(),
      async onRevoked(_ctx, user, sessions) {
        await Promise.all(revoked.map(async (listener) => listener(user, sessions)));
      },
      async onStreamReset(_ctx, reason) {
        for (const listener of resets) await listener(reason);
      },
    },
    onRevoked: (listener) => void revoked.push(listener),
    onStreamReset: (listener) => void resets.push(listener),
  };
}
