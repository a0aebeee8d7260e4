import fc from 'fast-check';
import { messageText } from '../../../../core/webhooks/requests/message-text';

const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('messageText', () => {
  it('keeps the meaning of every JSON, and leaves nothing that queues refuse', () => {
    const text = fc.string({
      unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\uFFFE', '\uFFFF')),
    });
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const written = decode(messageText(Buffer.from(JSON.stringify(value))));
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(written).not.toMatch(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
      }),
    );
  });

  it('leaves what needs nothing as it is, byte for byte', () => {
    const json = Buffer.from('{"a": 1.0, "ü":"\\ud83d\\ude00 😀"}');
    expect(messageText(json)).toBe(json);
  });
});
