import { isHeaderName, isHeaderValue } from './http';
import { mqttCodeOfStatus } from './mqtt-codes';

export interface MqttUserProperty {
  readonly name: string;
  readonly value: string;
}

/** The CONNECT packet. */
export interface MqttConnectProperties {
  /** 4 is MQTT 3.1.1, 5 is 5.0. */
  readonly protocolVersion: number;
  readonly cleanStart?: boolean;
  readonly username?: string | null;
  /** In base64. */
  readonly password?: string | null;
  readonly userProperties?: readonly MqttUserProperty[] | null;
}

export interface MqttDisconnectedProperties {
  readonly initiatedByClient: boolean;
  readonly disconnectPacket: {
    readonly code: number;
    readonly userProperties?: readonly MqttUserProperty[] | null;
  } | null;
}

/** A refused connect, as MQTT has it. */
export interface MqttConnectRefusal {
  /** Of `MqttV311ConnectReturnCode` or `MqttV500ConnectReasonCode`. */
  readonly code: number;
  readonly reason?: string | undefined;
  readonly userProperties?: readonly MqttUserProperty[];
}

/** The user properties of a PUBLISH are headers `mqtt-<name>`, in requests and replies. */
export function userPropertiesOf(headers: Readonly<Record<string, string>>): MqttUserProperty[] {
  return Object.entries(headers)
    .filter(([name]) => name.startsWith('mqtt-'))
    .map(([name, value]) => ({ name: name.slice('mqtt-'.length), value }));
}

/** @throws TypeError for what a header cannot carry. */
export function userPropertyHeader({ name, value }: MqttUserProperty): [name: string, value: string] {
  if (!isHeaderName(name) || !isHeaderValue(value)) {
    throw new TypeError(`the user property ${JSON.stringify(name)} holds what a header cannot carry`);
  }
  return [`mqtt-${name.toLowerCase()}`, value];
}

/** The body of a refused connect, when only its status is known. */
export function mqttRefusal(
  status: number,
  protocolVersion: number | undefined,
  reason: string | undefined,
): { readonly mqtt: MqttConnectRefusal } {
  return { mqtt: { code: mqttCodeOfStatus(status, protocolVersion), reason } };
}
