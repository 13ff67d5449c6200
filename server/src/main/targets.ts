/** What `--target` can name. A target is a module of main/modules with everything it needs. */
export const targets: Readonly<Record<string, string>> = {
  all: 'everything, in one process',
  gateway: 'HTTP of every protocol, the web application, limits',
  realtime: 'sockets of every protocol, the hub',
  identity: 'accounts, credentials, sessions, signing keys',
  people: 'profiles, contacts, blocks',
  chat: 'conversations, messages, receipts, search',
  relay: 'the change stream out of PostgreSQL',
  router: 'a delivery per hub for every change',
  discovery: 'which instances of which service are alive',
};

/** What a whole system runs, each at least once. */
export const serviceTargets: readonly string[] = Object.keys(targets).filter((name) => name !== 'all');
