import { Construct } from 'constructs';
import type { StageSettings } from '../stage';
import type { ServiceFunction } from './service-function';
import { Store } from './store';

/** Topics and their subscriptions, in one table. */
export class Registry extends Construct {
  readonly tableName: string;
  private readonly store: Store<'registry'>;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.store = new Store(this, 'registry', settings);
    this.tableName = this.store.tableName;
  }

  /** Lets the function find the subscriptions of a topic. */
  grantMatch(fn: ServiceFunction): void {
    this.store.grant(fn, 'Query');
  }

  /** Lets the function look subscriptions up, keep how their targets do and what is under way, and switch one off. */
  grantDeliver(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
  }

  /** Lets the function look one subscription up. */
  grantRead(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem');
  }

  /** Lets the function look one subscription up, and keep what its target has granted. */
  grantConfirm(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'UpdateItem');
  }

  /** Lets the function look the owner of a subscription up, and mark that it was mailed. */
  grantNotify(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'UpdateItem');
  }

  /** Lets the function look up the subscriptions of deliveries. */
  grantLookUp(fn: ServiceFunction): void {
    this.store.grant(fn, 'BatchGetItem');
  }

  /** Lets the function look subscriptions up, list an owner's, and number their runs. */
  grantList(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem');
  }

  /** Lets the function look topics up, and what the key or token of an account proves. */
  grantFindTopic(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem');
  }

  /** Lets the function find who was resumed, and forget it. */
  grantRelease(fn: ServiceFunction): void {
    this.store.grant(fn, 'BatchGetItem', 'Query', 'DeleteItem');
  }

  /** Lets the function make, find, list and change what the topics door has, and prepare replays. */
  grantManageConsumers(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query');
  }

  /** Lets the function read a topic with its subscriptions, and what the key or token of an account proves. */
  grantReadTopic(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'Query');
  }

  /** Lets the function start, find, list and cancel replays. */
  grantManageReplays(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'PutItem', 'UpdateItem', 'Query');
  }

  /** Lets the function go on with replays, and let the live deliveries go that wait for one. */
  grantReplay(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query');
  }

  /** Lets the function make, find, list, change and delete topics. */
  grantManageTopics(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'Query');
  }

  /** Lets the function make, find, list, change and delete subscriptions. */
  grantManageSubscriptions(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query');
  }

  /** Lets the function find what the key or token of an account proves. */
  grantAuthenticate(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem');
  }

  /** Lets the function make, find, list, change and delete accounts and keys, and end the subscriptions of one. */
  grantManageAccounts(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query');
  }

  /** Lets the function register an account and give it an access token in place of another. */
  grantRegister(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query');
  }

  /** Lets the function look an account up by its token, and make a subscription once. */
  grantSubscribe(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'PutItem', 'DeleteItem');
  }

  /** Lets the function find the origins that topics name, keep how sweeping them goes, and look topics up. */
  grantRecover(fn: ServiceFunction): void {
    this.store.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem');
  }

  /** Lets the function list all accounts, and the subscriptions of each. */
  grantWalk(fn: ServiceFunction): void {
    this.store.grant(fn, 'BatchGetItem', 'Query');
  }
}
