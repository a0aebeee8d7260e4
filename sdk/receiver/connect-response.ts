import { jsonOf } from './json-body';
import type { MqttConnectRefusal, MqttUserProperty } from './mqtt';
import { mqttRefusal } from './mqtt';
import { statusOfMqttCode } from './mqtt-codes';
import { ConnectEventRequest } from './requests';
import { BlockingResponse } from './responses';

/** What a connection is given. Everything is optional. */
export interface ConnectPayload {
  /** Groups to join at once. */
  readonly groups?: readonly string[];
  /** `webpubsub.sendToGroup`, `webpubsub.joinLeaveGroup`, each also with `.<group>`. */
  readonly roles?: readonly string[];
  /** Instead of the user of the client's token. */
  readonly userId?: string;
  /** One of those that the client offers. */
  readonly subprotocol?: string;
  readonly mqtt?: { readonly userProperties?: readonly MqttUserProperty[] };
}

/** The answer to a connect. A handler returns the payload, or calls `success`, `fail` or `failWith`, or throws. */
export class ConnectEventResponse extends BlockingResponse {
  /** Lets the client in. Nothing is 204, a payload 200. */
  success(payload?: ConnectPayload): void {
    this.answer(() => {
      this.succeed(payload);
    });
  }

  /** Refuses with a status, or as MQTT does: then the status follows from the code. */
  failWith(
    refusal: { readonly code: number; readonly detail?: string } | { readonly mqtt: MqttConnectRefusal },
  ): void {
    if ('mqtt' in refusal) {
      this.answer(() => {
        this.refuseAsMqtt(statusOfMqttCode(refusal.mqtt.code), { mqtt: refusal.mqtt });
      });
    } else {
      this.fail(refusal.code, refusal.detail);
    }
  }

  protected override succeed(payload: unknown): void {
    const { isPython } = this.request.context.profile;
    if (payload === undefined && !isPython) {
      this.code = 204;
      return;
    }
    if (!isPython && (typeof payload !== 'object' || payload === null || Array.isArray(payload))) {
      throw new TypeError(
        'a connect is answered with an object of groups, roles, userId, subprotocol, or nothing',
      );
    }
    this.content = jsonOf(payload ?? null);
    this.contentType = isPython ? undefined : 'application/json; charset=utf-8';
  }

  protected override refuse(code: number, detail: string): void {
    const { request } = this;
    if (request.context.mqtt && request instanceof ConnectEventRequest) {
      this.refuseAsMqtt(code, mqttRefusal(code, request.mqtt?.protocolVersion, detail || undefined));
    } else {
      super.refuse(code, detail);
    }
  }

  private refuseAsMqtt(code: number, body: { readonly mqtt: MqttConnectRefusal }): void {
    super.refuse(code, JSON.stringify(body), 'application/json; charset=utf-8');
  }
}
