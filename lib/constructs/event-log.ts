import { Construct } from 'constructs';
import type { StageSettings } from '../stage';
import { RecordStream } from './record-stream';
import type { ServiceFunction } from './service-function';
import { Store } from './store';

/** The events: the stream that they come in by and the history that they end in. */
export class EventLog extends Construct {
  readonly stream: RecordStream;
  readonly history: Store<'events'>;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.stream = new RecordStream(this, 'events-stream', settings);
    this.history = new Store(this, 'events', settings);
  }

  /** Lets the function append events. */
  grantAppend(fn: ServiceFunction): void {
    this.stream.grantAppendMany(fn);
  }

  /** Lets the function read one event of the history. */
  grantRead(fn: ServiceFunction): void {
    this.history.grant(fn, 'GetItem');
  }

  /** Lets the function list the history and read fan-out plans. */
  grantReplay(fn: ServiceFunction): void {
    this.history.grant(fn, 'BatchGetItem', 'Query');
  }

  /** Lets the function find the events of a subject, remove them and flag their markers. */
  grantErase(fn: ServiceFunction): void {
    this.history.grant(fn, 'Scan', 'UpdateItem', 'DeleteItem');
  }

  /** Lets the function read events and their markers, and list them. */
  grantBrowse(fn: ServiceFunction): void {
    this.history.grant(fn, 'GetItem', 'BatchGetItem', 'Query');
  }

  /** Lets the function claim calls by their Idempotency-Key. */
  grantClaimCalls(fn: ServiceFunction): void {
    this.history.grant(fn, 'PutItem');
  }

  /** Lets the function add an event to the history, past the stream: its marker first. */
  grantAdd(fn: ServiceFunction): void {
    this.history.grant(fn, 'GetItem', 'PutItem');
  }

  /** Lets the function write history: the marker first, conditionally, then the event and its fan-out. */
  grantRecord(fn: ServiceFunction): void {
    this.history.grant(fn, 'GetItem', 'PutItem', 'UpdateItem');
  }
}
