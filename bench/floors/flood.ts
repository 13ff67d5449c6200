import WebSocket from 'ws';

/**
 * A process that sends one hostile input as fast as it is answered: `flood.js <kind> <url> <access token>`, until it is killed.
 * Says how many have been answered when it is asked.
 */
const [kind = '', url = '', access = ''] = process.argv.slice(2);
/** At once: what one machine keeps in flight. */
const lanes = 8;
let count = 0;

async function post(path: string, body: string): Promise<void> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${access}` },
    body,
  });
  await response.arrayBuffer();
}

const unknownKeys = (n: number): string => Array.from({ length: n }, (_, i) => `"k${i}":0`).join();
const brackets = `${'['.repeat(520_000)}${']'.repeat(520_000)}`;
const manyKeys = `{${unknownKeys(90_000)}}`;
const frame = `{"op":"ping",${unknownKeys(5_000)}}`;
const wide = Array.from({ length: 280 }, (_, i) => `f${i}: __typename`).join(' ');

/** Opens a socket, sends frames until it is closed. */
function frames(): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime?token=${access}`, 'parley.v1');
    let timer: NodeJS.Timeout | undefined;
    socket.onopen = () => {
      timer = setInterval(() => {
        for (let i = 0; i < 20 && socket.bufferedAmount < 1_000_000; i++) socket.send(frame);
      }, 10);
    };
    socket.onmessage = () => count++;
    socket.onerror = () => {};
    socket.onclose = () => {
      clearInterval(timer);
      resolve();
    };
  });
}

const inputs: Record<string, (n: number) => Promise<void>> = {
  brackets: () => post('/api/v1/sessions/refresh', brackets),
  keys: () => post('/api/v1/sessions/refresh', manyKeys),
  documents: (n) => post('/graphql', JSON.stringify({ query: `query q${n} { me { ${wide} } }` })),
  'veigo-documents': (n) => post('/gql', JSON.stringify({ query: `query q${n} { __schema { ${wide} } }` })),
  frames,
  passwords: (n) => post('/api/v1/sessions', JSON.stringify({ login: `bench-${n}`, password: 'a wrong password' })),
  search: () =>
    fetch(`${url}/api/v1/search?query=the`, { headers: { authorization: `Bearer ${access}` } })
      .then((r) => r.arrayBuffer())
      .then(() => {}),
};

process.on('message', () => process.send?.({ count }));
process.send?.({ port: 0 });
const input = inputs[kind] as (n: number) => Promise<void>;
let next = 0;
for (let lane = 0; lane < lanes; lane++) {
  void (async () => {
    for (;;) {
      await input(next++).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
      count++;
    }
  })();
}
