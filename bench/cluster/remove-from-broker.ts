import { Admin } from '@platformatic/kafka';
import { Connection } from 'rabbitmq-client';

/** Topics, or queues and exchanges, by name; what is not there is no error. */
export async function removeFromBroker(url: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  if (url.startsWith('kafka:')) {
    const admin = new Admin({ clientId: 'parley-bench', bootstrapBrokers: [new URL(url).host] });
    await admin.deleteTopics({ topics: [...names] });
    await admin.close();
    return;
  }
  const connection = new Connection(url);
  for (const name of names) {
    // each a queue or an exchange: a name that is none of the kind deletes nothing
    await connection.queueDelete(name);
    await connection.exchangeDelete({ exchange: name });
  }
  await connection.close();
}
