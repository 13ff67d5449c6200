import type { AccountId, SessionId } from '../kernel/ids.ts';
import type { ProcessApi, ProcessStatus } from '../services/process/api.ts';

type OnRevoked = (user: AccountId, sessions: readonly SessionId[] | 'all') => void | Promise<void>;
type OnStreamReset = (reason: string) => Promise<void>;

/** What this process answers to what concerns every process: its modules say in `init` what they do about it. */
export interface OwnProcess {
  readonly api: ProcessApi;
  onRevoked(listener: OnRevoked): void;
  /** Listeners are called one after the other, in the order of the modules. */
  onStreamReset(listener: OnStreamReset): void;
}

export function createOwnProcess(status: () => ProcessStatus): OwnProcess {
  const revoked: OnRevoked[] = [];
  const resets: OnStreamReset[] = [];
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
