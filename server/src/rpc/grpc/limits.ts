import type { ChannelOptions } from '@grpc/grpc-js';

/**
 * No request and no answer is larger, in bytes: `request.too_large`. Batches are bounded far below (rule 4); the largest that may
 * come is a page of 200 messages, each with all the content and reactions that one may have.
 */
export const maxMessageBytes = 32 * 1024 * 1024;

/** How long a call waits for a connection that is being opened, in milliseconds. */
export const connectTimeoutMs = 2_000;

/** How many calls of an ordered method are unanswered on one stream; later ones wait at the caller. */
export const maxUnanswered = 256;

/** Bytes of a failure in the trailers: HTTP/2 bounds all headers of a message to 64 KiB together. */
export const maxFailureBytes = 16 * 1024;

/**
 * A peer that has gone without a word (a cable, a paused machine) is noticed after the sum of the two. The second is the
 * longer one: a process that gets no time on a busy machine must not be taken for one that has gone.
 */
const keepalive: ChannelOptions = { 'grpc.keepalive_time_ms': 3_000, 'grpc.keepalive_timeout_ms': 7_000 };

const sizes: ChannelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
};

export const serverOptions: ChannelOptions = { ...keepalive, ...sizes };

/** Strangers are trusted with less than our own processes, and may be far away or asleep. */
export const publicServerOptions: ChannelOptions = {
  // As much as a request over HTTP may bring.
  'grpc.max_receive_message_length': 1024 * 1024,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.max_concurrent_streams': 256,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

export const peerOptions: ChannelOptions = {
  ...keepalive,
  ...sizes,
  'grpc.keepalive_permit_without_calls': 1,
  // A restarted peer is found within a second; waiting longer gains nothing among a handful of processes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // One connection per peer, which ends with it.
  'grpc.use_local_subchannel_pool': 1,
  // Whether a call may be repeated is for the balancer to know.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
};
