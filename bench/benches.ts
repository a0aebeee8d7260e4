import { accept } from './accept';
import { coldStart } from './cold-start';
import { consumer } from './consumer';
import { cost } from './cost';
import { deliver } from './deliver';
import { dispatch } from './dispatch';
import type { Bench } from './figure';
import { integrate } from './integrate';
import { isolation } from './isolation';
import { pipeline } from './pipeline';
import { scale } from './scale';

/** In the order of the table. */
export const benches: readonly Bench[] = [
  ...[integrate, consumer, accept, dispatch, deliver, coldStart, pipeline, cost, scale],
];

/** Run by its name alone: it takes a minute, and answers a question of its own. */
export const furtherBenches: readonly Bench[] = [isolation];
