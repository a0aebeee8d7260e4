import type { HubNews } from '../../core/hub/hub-event';
import {
  DisconnectedEventRequest,
  GroupEventRequest,
  MessageEventRequest,
  type ServiceRequest,
} from '../../sdk/receiver';

/** What a request of the receiver library tells. */
export function newsOf(request: ServiceRequest): HubNews {
  if (request instanceof MessageEventRequest) {
    const { dataType, bytes, userProperties } = request;
    return { kind: 'message', dataType, body: bytes, userProperties };
  }
  if (request instanceof DisconnectedEventRequest) {
    const { reason, mqtt } = request;
    return { kind: 'system', name: 'sys.disconnected', data: { reason, ...(mqtt && { mqtt }) } };
  }
  if (request instanceof GroupEventRequest) {
    const name = request.change === 'joined' ? 'gp.joined' : 'gp.left';
    return { kind: 'system', name, data: { group: request.group } };
  }
  return { kind: 'system', name: 'sys.connected', data: {} };
}
