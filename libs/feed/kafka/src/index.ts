export { openKafkaPublisher, type KafkaPublisherOptions } from "./publisher.ts";
export { consumeKafka, type KafkaConsumer, type KafkaConsumerOptions } from "./consumer.ts";
export { topicName, TOPIC_SETTINGS, TOPICS, type TopicOptions } from "./topics.ts";
export { storedEventOf } from "./stored-event-of.ts";
export type { KafkaConnection } from "./connection.ts";
