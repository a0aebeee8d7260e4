import { AccessKeyValidator, EventHandler, ValidationFailedError } from '../../sdk/receiver';

/**
 * The handlers of a small chat; the files beside this one serve them. In a project of your own, import from
 * `changewire/receiver`.
 * @param connectionString of the Web PubSub service, from its portal page "Keys".
 */
export function makeChat(connectionString: string): EventHandler {
  return new EventHandler({
    hub: 'chat',
    requestValidator: new AccessKeyValidator(connectionString),
    handleConnect: (request, response) => {
      const { claims, query, subprotocols } = request;
      if (!claims.role?.includes('writer')) {
        return response.fail(403, 'writers only');
      }
      response.setState('room', query.room?.[0] ?? 'lobby');
      return {
        groups: [query.room?.[0] ?? 'lobby'],
        userId: request.userId ?? 'somebody',
        roles: ['webpubsub.sendToGroup'],
        ...(subprotocols[0] === undefined ? {} : { subprotocol: subprotocols[0] }),
      };
    },
    handleUserMessage: (request, response) => {
      const said = Number(request.connectionState.said ?? 0) + 1;
      response.setState('said', said);
      return `${request.userId} in ${request.connectionState.room}, ${said}: ${request.data}`;
    },
    handleConnected: (request) => console.log(`${request.userId} came`),
    handleDisconnected: (request) => console.log(`${request.userId} left`),
    handleException: (error) => (error instanceof ValidationFailedError ? 403 : undefined),
  });
}
