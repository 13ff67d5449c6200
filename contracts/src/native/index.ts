/** The native protocol: REST bodies, queries and answers, and the frames of the socket. Types may be imported alone. */
export * from './accounts.ts';
export * from './client-frames.ts';
export * from './conversations.ts';
export * from './error-codes.ts';
export * from './messages.ts';
export * from './primitives.ts';
export * from './server-frames.ts';
export * from './users.ts';
