import { isTested, openTarget } from '../support/e2e-target';
import { changeDoors } from './journeys/change-doors';
import { beginJourney, type Journey } from './journeys/journey';

describe.each(['preview', 'strict'] as const)('a %s stack', (kind) => {
  const suite = isTested(kind) ? describe : describe.skip;

  suite('with the doors for changes', () => {
    let journey: Journey;
    beforeAll(async () => {
      journey = await beginJourney(await openTarget(kind));
    }, 120_000);
    afterAll(async () => {
      await journey?.subscriber.stop();
      await journey?.target.stop();
    });

    changeDoors(() => journey);
  });
});
