import {
  type LambdaEventV1,
  type LambdaEventV2,
  type LambdaReply,
  toLambdaHandler,
} from '../../sdk/receiver';
import { makeChat } from './chat';

let serve: ReturnType<typeof toLambdaHandler> | undefined;

/** Behind API Gateway (REST or HTTP API) or a function URL; made at the first call, as everything in a function. */
export async function handler(event: LambdaEventV1 | LambdaEventV2): Promise<LambdaReply> {
  serve ??= toLambdaHandler(makeChat(process.env.WEB_PUBSUB_CONNECTION_STRING ?? ''), {
    path: '/eventhandler',
  });
  return serve(event);
}
