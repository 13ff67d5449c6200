import { connect } from 'node:net';

/** ApiVersions, version 0: length, key 18, version, correlation id, no client id. Every broker answers it to anybody. */
const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Whether a broker answers on this port: its socket is open long before it does.
 *
 * @param {number} port
 * @param {number} [limitMs]
 * @returns {Promise<boolean>}
 */
export function isAnswering(port, limitMs = 2_000) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(limitMs, () => end(false));
    socket.once('data', () => end(true));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
