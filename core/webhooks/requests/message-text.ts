/** The only two that JSON may hold unescaped and that SQS and SNS refuse (XML 1.0, section 2.2). */
const REFUSED = /[\uFFFE\uFFFF]/g;

/**
 * A JSON body as queues and topics of AWS take it: what they refuse is escaped, which changes its text and not
 * its meaning. Before it is signed, because receivers verify the text.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function messageText(json: Uint8Array): Uint8Array {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8');
  return text.search(REFUSED) < 0
    ? json
    : Buffer.from(text.replace(REFUSED, (character) => (character === '\uFFFE' ? '\\ufffe' : '\\uffff')));
}
