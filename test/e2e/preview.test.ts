import { isTested, openTarget, startsOwnStack } from '../support/e2e-target';
import { accounts } from './journeys/accounts';
import { callbacks } from './journeys/callbacks';
import { cloudEvents } from './journeys/cloud-events';
import { type DocumentedReplies, documentedReplies, watchReplies } from './journeys/documented-replies';
import { entityEvents } from './journeys/entity-events';
import { erasing } from './journeys/erasing';
import { eventSessions } from './journeys/event-sessions';
import { events } from './journeys/events';
import { failingSubscribers } from './journeys/failing-subscribers';
import { hostileInput } from './journeys/hostile-input';
import { hubs } from './journeys/hubs';
import { beginJourney, type Journey } from './journeys/journey';
import { messages } from './journeys/messages';
import { publishing } from './journeys/publishing';
import { quickStart } from './journeys/quick-start';
import { replays } from './journeys/replays';
import { schedulingAndRecovery } from './journeys/scheduling-and-recovery';
import { signedSubscriptions } from './journeys/signed-subscriptions';
import { subscriptions } from './journeys/subscriptions';

const suite = isTested('preview') ? describe : describe.skip;

suite('a preview stack', () => {
  let journey: Journey;
  let replies: DocumentedReplies;
  beforeAll(async () => {
    journey = await beginJourney(await openTarget('preview'));
    replies = await watchReplies(journey);
  }, 120_000);
  afterAll(async () => {
    replies?.stop();
    await journey?.subscriber.stop();
    await journey?.target.stop();
  });

  describe('the quick start', () => quickStart(() => journey));
  describe('publishing', () => publishing(() => journey));
  describe('subscriptions', () => subscriptions(() => journey));
  describe('signed subscriptions', () => signedSubscriptions(() => journey));
  describe('events', () => events(() => journey));
  describe('CloudEvents', () => cloudEvents(() => journey));
  describe('events of bc-events', () => entityEvents(() => journey));
  describe('messages of Postoffice', () => messages(() => journey));
  describe('sessions of the event client', () => eventSessions(() => journey));
  describe('events of Web PubSub', () => hubs(() => journey));
  describe('scheduling and recovery', () => schedulingAndRecovery(() => journey));
  describe('replays', () => replays(() => journey));
  describe('failing subscribers', () => failingSubscribers(() => journey));
  describe('accounts', () => accounts(() => journey));
  describe('callbacks of ADS', () => callbacks(() => journey));
  // Looks into the tables, which only a stack of its own may show.
  (startsOwnStack ? describe : describe.skip)('erasing and rewinding', () => erasing(() => journey));
  describe('hostile input', () => hostileInput(() => journey));
  describe('the OpenAPI document', () => documentedReplies(() => replies));
});
