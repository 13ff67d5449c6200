import { type GroupTopology, topics } from '../../ports/bus.ts';
import { allServices } from '../all-services.ts';

/**
 * Every consumer group of the whole system, whoever runs it: a broker must know them all before the first record is published
 * (MESSAGE-PATH rule 24).
 */
export const busGroups: readonly GroupTopology[] = allServices.flatMap(({ groups = [] }) => groups);

export const busTopics: readonly string[] = allServices.flatMap((service) => service.topics ?? []);

/** Answers: whoever was not there when they came has given up on them. */
export const fleetingTopics: readonly string[] = [topics.replies];
