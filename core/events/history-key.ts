import { createHash } from 'node:crypto';

/** A topic's history is spread, because one partition of the store takes 1000 writes a second. */
const WRITE_SHARDS = 4;

/** `1763665963123.00003`: when its record was dispatched, and its place in that batch. */
const BASE_LENGTH = 19;

/** The part of a topic's history that holds an event. @param topic `door/name`. */
export function historyPartition(topic: string, eventId: string): string {
  return shardPartition(topic, digest(eventId).readUInt8(0) % WRITE_SHARDS);
}

/** All parts of a topic's history. @param topic `door/name`. */
export function historyPartitions(topic: string): readonly string[] {
  return Array.from({ length: WRITE_SHARDS }, (_, shard) => shardPartition(topic, shard));
}

function shardPartition(topic: string, shard: number): string {
  return `topic#${topic}#${shard}`;
}

/** Sorts before every order of that moment and after those of earlier ones. @param milliseconds epoch time. */
export function orderBound(milliseconds: number): string {
  return String(Math.max(0, Math.floor(milliseconds))).padStart(13, '0');
}

/**
 * What the orders of one record's events have in common. Orders are texts that sort by arrival at dispatch.
 * @param milliseconds epoch time at which the batch was begun.
 * @param index of the record within the batch.
 */
export function orderBase(milliseconds: number, index: number): string {
  return `${orderBound(milliseconds)}.${String(index).padStart(5, '0')}`;
}

/** Where an event lies within its topic's history. @param index of the event within its record. */
export function eventOrder(base: string, index: number, eventId: string): string {
  return `${base}${String(index).padStart(5, '0')}.${digest(eventId).toString('hex', 1, 5)}`;
}

/** When the record of an event was dispatched, ISO 8601; `undefined` for what is no order. */
export function timeOfOrder(order: string): string | undefined {
  return /^\d{13}\./.test(order) ? new Date(Number(order.slice(0, 13))).toISOString() : undefined;
}

/** The base that an order was made from. */
export function baseOfOrder(order: string): string {
  return order.slice(0, BASE_LENGTH);
}

/** When the record of an event was dispatched, in epoch milliseconds. */
export function millisecondsOfOrder(order: string): number {
  return Number(order.slice(0, order.indexOf('.')));
}

function digest(eventId: string): Buffer {
  return createHash('sha256').update(eventId).digest();
}
