import express, { type Express } from 'express';
import { toExpressMiddleware } from '../../sdk/receiver';
import { makeChat } from './chat';

/** The chat beside the pages of an Express application. */
export function makeApplication(connectionString: string): Express {
  const application = express();
  application.use(toExpressMiddleware(makeChat(connectionString), { path: '/eventhandler' }));
  application.get('/', (_, response) => {
    response.send('my pages');
  });
  return application;
}
