import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../test-support/open-chat.ts';
import { createDiskBlobs } from '../../adapters/blobs/disk/create-disk-blobs.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { AccountId, AttachmentId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { storeAttachment } from '../../protocols/shared/store-attachment.ts';
import { lookAtAttachments } from '../commands/doctor-attachments.ts';
import { createAttachmentCollector } from './attachment-collector.ts';

const size = 100_000;
const quotaBytes = 10 * size;

let t: TestChat;
let folder: string;
let mounted = false;
/** A file system of its own, of twice the quota; needs root, as in the container that runs the tests. */
beforeAll(async () => {
  t = await openChat({ attachmentQuotaBytes: quotaBytes });
  folder = await mkdtemp(path.join(tmpdir(), 'parley-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', folder], { stdio: 'ignore' });
    mounted = true;
  } catch {
    mounted = false;
  }
});
afterAll(async () => {
  if (mounted) execFileSync('umount', [folder]);
  await rm(folder, { recursive: true });
  await t.close();
});

test('one account does not fill the disk for all, and gets its room back with its messages', async ({ skip }) => {
  if (!mounted) skip('no small file system can be mounted here');
  const blobs = createDiskBlobs({ folder });
  const deps = { chat: t.chat, attachments: blobs };
  const collector = createAttachmentCollector({
    ...{ chat: t.chat, blobs, clock: systemClock, log: silentLog, metrics: noMetrics },
  });
  const upload = (owner: AccountId) => {
    const file = Object.assign(Readable.from([Buffer.alloc(size)]), { truncated: false });
    return storeAttachment(
      deps,
      t.as(owner),
      { file, filename: 'big.bin', mimetype: 'x/y' },
      { maxBytes: quotaBytes, announced: size },
    );
  };
  const files = async () => (await readdir(folder)).filter((name) => name !== '.incoming').length;
  const [greedy, other] = [t.account(), t.account()];
  const group = await t.group(greedy, []);

  const uploads = await Promise.allSettled(Array.from({ length: 40 }, () => upload(greedy)));
  const kept = uploads.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []));
  const refusals = uploads.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  expect([kept.length, new Set(refusals), await files()]).toEqual([10, new Set(['request.too_large']), 10]);
  expect(await codeOf(upload(other))).toBe('none');

  const seqs: number[] = [];
  for (const id of kept) seqs.push(await show(greedy, group, id));
  await collector.collect();
  expect(await files()).toBe(11);
  for (const seq of seqs) await t.chat.deleteMessage(t.as(greedy), group, seq);
  const [rows] = await lookAtAttachments(t.url, folder);
  expect(rows).toMatchObject({ ok: true, found: '11, 1.0 MiB, of which 1.0 MiB reclaimable' });
  await collector.collect();
  expect(await files()).toBe(1);
  expect(await t.chat.getAttachmentUsage(t.as(greedy))).toEqual({ usedBytes: 0, quotaBytes });
  expect(await codeOf(upload(greedy))).toBe('none');
});

async function show(owner: AccountId, conversation: Parameters<TestChat['send']>[1], attachment: AttachmentId) {
  const content = JSON.stringify({ type: 'file', attachment });
  return (await t.send(owner, conversation, 'shown', { content, attachment })).seq;
}
