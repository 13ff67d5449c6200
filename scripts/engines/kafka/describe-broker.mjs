/**
 * The properties of a broker that is its own controller, reachable from this machine only.
 *
 * @param {{dir: string, port: number}} options the controller takes the port after `port`
 */
export function describeBroker({ dir, port }) {
  const host = '127.0.0.1';
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${host}:${port + 1}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${port + 1}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': `${dir}/data`,
    // Topics are created with the partitions they keep (rule 23), never by a misspelt name.
    'auto.create.topics.enable': false,
    'unclean.leader.election.enable': false,
    // There is one broker to keep a copy.
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'offsets.topic.num.partitions': 8,
    // A killed broker is let in again when its former life is over; after nine seconds, unless told.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // A new group need not wait for members that may still come.
    'group.initial.rebalance.delay.ms': 0,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}
