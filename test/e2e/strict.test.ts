import { isTested, openTarget } from '../support/e2e-target';
import { foreignTokens } from './journeys/foreign-tokens';
import { forgeries } from './journeys/forgeries';
import { beginJourney, type Journey } from './journeys/journey';
import { publishing } from './journeys/publishing';
import { quickStart } from './journeys/quick-start';

const suite = isTested('strict') ? describe : describe.skip;

suite('a strict stack', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await beginJourney(await openTarget('strict'));
  }, 120_000);
  afterAll(async () => {
    await journey?.subscriber.stop();
    await journey?.target.stop();
  });

  describe('the quick start', () => quickStart(() => journey));
  describe('publishing', () => publishing(() => journey));
  describe('forgeries', () => forgeries(() => journey));
  describe('foreign tokens', () => foreignTokens(() => journey));
});
