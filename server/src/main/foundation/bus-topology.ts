import { type GroupTopology, topics } from '../../ports/bus.ts';
import { chatGroups } from '../../services/chat/consumer.ts';
import { peopleGroups } from '../../services/people/consumer.ts';
import { routerGroups } from '../../services/router/module.ts';

/**
 * Every consumer group of the whole system, whoever runs it: a broker must know them all before the first record is published
 * (MESSAGE-PATH rule 24).
 */
export const busGroups: readonly GroupTopology[] = [...peopleGroups, ...chatGroups, ...routerGroups];

export const busTopics: readonly string[] = Object.values(topics);

/** Answers: whoever was not there when they came has given up on them. */
export const fleetingTopics: readonly string[] = [topics.replies];
