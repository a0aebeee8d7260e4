/** Return codes of CONNACK, MQTT 3.1.1. */
export const MqttV311ConnectReturnCode = {
  UnacceptableProtocolVersion: 1,
  IdentifierRejected: 2,
  ServerUnavailable: 3,
  BadUsernameOrPassword: 4,
  NotAuthorized: 5,
} as const;

/** Reason codes of CONNACK, MQTT 5.0. */
export const MqttV500ConnectReasonCode = {
  UnspecifiedError: 128,
  MalformedPacket: 129,
  ProtocolError: 130,
  ImplementationSpecificError: 131,
  UnsupportedProtocolVersion: 132,
  ClientIdentifierNotValid: 133,
  BadUserNameOrPassword: 134,
  NotAuthorized: 135,
  ServerUnavailable: 136,
  ServerBusy: 137,
  Banned: 138,
  BadAuthenticationMethod: 140,
  TopicNameInvalid: 144,
  PacketTooLarge: 149,
  QuotaExceeded: 151,
  PayloadFormatInvalid: 153,
  RetainNotSupported: 154,
  QosNotSupported: 155,
  UseAnotherServer: 156,
  ServerMoved: 157,
  ConnectionRateExceeded: 159,
} as const;

const statusesOfCodes: ReadonlyArray<readonly [status: number, codes: readonly number[]]> = [
  [400, [1, 2, 129, 131, 132, 133, 140, 144, 149, 153, 154, 155]],
  [401, [4, 5, 134, 135]],
  [403, [138]],
  [429, [151, 159]],
  [503, [3]],
];

/** @returns the HTTP status of a CONNACK code of either version; 500 for every other one. */
export function statusOfMqttCode(code: number): number {
  return statusesOfCodes.find(([, codes]) => codes.includes(code))?.[0] ?? 500;
}

/** @returns the CONNACK code of an HTTP status. @param protocolVersion 4 is MQTT 3.1.1, 5 is 5.0. */
export function mqttCodeOfStatus(status: number, protocolVersion: number | undefined): number {
  if (protocolVersion === 4) {
    return { 400: 4, 401: 5 }[status] ?? 3;
  }
  return protocolVersion === 5 ? ({ 400: 134, 401: 135 }[status] ?? 128) : 1;
}
