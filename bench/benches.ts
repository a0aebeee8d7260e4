import { accept } from './accept';
import { coldStart } from './cold-start';
import { consumer } from './consumer';
import { deliver } from './deliver';
import { dispatch } from './dispatch';
import type { Bench } from './figure';
import { integrate } from './integrate';
import { isolation } from './isolation';

/** In the order of the table. */
export const benches: readonly Bench[] = [integrate, consumer, accept, dispatch, deliver, coldStart];

/** Run by their names alone: they take minutes, or answer a question of their own. */
export const furtherBenches: readonly Bench[] = [isolation];
