/** The closed table's codes (docs/protocol/errors.md). The server's tests hold this list and its own table equal. */
export const errorCodes = [
  'request.invalid',
  'request.too_large',
  'request.unsupported',
  'credentials.wrong',
  'token.missing',
  'token.invalid',
  'token.expired',
  'session.revoked',
  'conversation.forbidden',
  'action.forbidden',
  'actor.mismatch',
  'account.suspended',
  'account.unknown',
  'conversation.unknown',
  'message.unknown',
  'attachment.unknown',
  'account.taken',
  'message.conflict',
  'conversation.conflict',
  'rate.limited',
  'service.unavailable',
  'service.timeout',
  'service.overloaded',
  'storage.full',
  'internal',
] as const;

export type NativeErrorCode = (typeof errorCodes)[number];

/** Why a socket was closed. 4000–4499: reconnect with back-off; 4500–4999: do not. */
export const closeCodes = {
  goingAway: 4000,
  slowConsumer: 4001,
  heartbeatMissed: 4002,
  overloaded: 4003,
  protocolError: 4500,
  sessionRevoked: 4501,
  unauthenticated: 4502,
  frameTooLarge: 4503,
  /** The page that opened it is of another origin; `error` has said so. */
  originRefused: 4504,
} as const;
