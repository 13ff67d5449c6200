import type { Clock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { type AttachmentId, isUuid } from '../../kernel/ids.ts';
import type { Unit } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import type { WholeChatApi } from '../../services/chat/trusted-api.ts';

const everyMs = 60_000;
/** What reads every row or every file: so many rounds apart. */
const rarely = { totals: 10, strays: 360 };
/** Bytes whose row is not there yet are younger. */
const strayMs = 86_400_000;
const askedAtOnce = 500;

export interface CollectorDeps {
  readonly chat: Pick<
    WholeChatApi,
    'collectAttachments' | 'forgetAttachments' | 'listUnknownAttachments' | 'getAttachmentTotals'
  >;
  readonly blobs: Pick<BlobStore, 'delete' | 'list'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Removes the bytes that chat says nothing shows, and those it does not know. It runs where the bytes are; chat keeps the work, so
 * that several collectors share it and a crash between the bytes and their row only makes somebody do it again.
 */
export function createAttachmentCollector(deps: CollectorDeps): Unit & { collect(): Promise<void> } {
  const { chat, blobs, clock, log, metrics } = deps;
  const bytes = (state: string) =>
    metrics.gauge('parley_attachment_bytes', 'What attachments take; reclaimable: shown by nothing any more', {
      state,
    });
  const [stored, reclaimable] = [bytes('stored'), bytes('reclaimable')];
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let stopping = false;
  let round = 0;

  const ctx = () => systemContext('attachments');

  async function removeDropped(): Promise<void> {
    while (!stopping) {
      const ids = await chat.collectAttachments(ctx());
      if (ids.length === 0) return;
      for (const id of ids) await blobs.delete(id);
      await chat.forgetAttachments(ctx(), ids);
    }
  }

  async function removeStrays(): Promise<void> {
    const before = clock.wall() - strayMs;
    let asked: AttachmentId[] = [];
    const ask = async () => {
      for (const id of await chat.listUnknownAttachments(ctx(), asked)) await blobs.delete(id);
      asked = [];
    };
    for await (const { key, putAt } of blobs.list()) {
      if (stopping) return;
      if (putAt > before || !isUuid(key)) continue;
      asked.push(key as AttachmentId);
      if (asked.length === askedAtOnce) await ask();
    }
    if (asked.length > 0) await ask();
  }

  async function collect(): Promise<void> {
    await removeDropped();
    if (round % rarely.strays === 0) await removeStrays();
    if (round % rarely.totals === 0) {
      const totals = await chat.getAttachmentTotals(ctx());
      stored.set(totals.storedBytes - totals.reclaimableBytes);
      reclaimable.set(totals.reclaimableBytes);
    }
    round += 1;
  }

  function begin(): void {
    running ??= collect()
      .catch((err) => log.warn({ err }, 'attachments were not collected; it is tried again'))
      .finally(() => {
        running = undefined;
      });
  }

  return {
    collect,
    async start() {
      timer = setInterval(begin, everyMs).unref();
    },
    async drain() {
      stopping = true;
      clearInterval(timer);
      await running;
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
