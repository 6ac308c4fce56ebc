import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LineFrame, readFrame } from './line-frame.ts';

function frameOf(line: string): LineFrame & { readonly json: string } {
  const frame: LineFrame = { kind: 'unknown', jsonStart: 0, receivedTimeMs: 0, symbol: 'stale' };
  const bytes = Buffer.from(`xx${line}`);
  readFrame(bytes, 2, bytes.length, frame);
  return { ...frame, json: bytes.toString('utf8', frame.jsonStart) };
}

describe('readFrame', () => {
  it('takes bare JSON as it is', () => {
    const { kind, json, receivedTimeMs, symbol } = frameOf('{"a":1}');
    assert.deepEqual([kind, json, receivedTimeMs, symbol], ['message', '{"a":1}', Number.NaN, null]);
  });

  it('tells µs from ns, ms and seconds by magnitude', () => {
    for (const [text, timeMs] of [
      ['1680652700423575', 1_680_652_700_423],
      ['1721347020984480942', 1_721_347_020_984],
      ['1721347020984', 1_721_347_020_984],
      ['1626992741.06217:', 1_626_992_741_062],
      ['1626992741.5:', 1_626_992_741_500],
    ] as const) {
      const frame = frameOf(`${text} {"a":1}`);
      assert.equal(frame.kind, 'message', text);
      assert.equal(frame.receivedTimeMs, timeMs);
      assert.equal(frame.json, '{"a":1}');
    }
  });

  it('reads a whole number of any length as it does behind two spaces, which are not the usual way', () => {
    for (let digits = 1; digits <= 21; digits++) {
      const text = '172134702098448094251'.slice(0, digits);
      const [usual, unusual] = [frameOf(`${text} {"a":1}`), frameOf(`${text}  {"a":1}`)];
      assert.deepEqual([usual.kind, usual.receivedTimeMs], [unusual.kind, unusual.receivedTimeMs], text);
      if (usual.kind === 'message') assert.equal(usual.json, unusual.json);
    }
  });

  it('reads the symbol of a REST answer from its address', () => {
    const frame = frameOf('https://x.com/depth?symbol=AKROUSDT&limit=1000 -> 1626992741.475372: {"b":{}}');
    assert.equal(frame.kind, 'message');
    assert.equal(frame.symbol, 'AKROUSDT');
    assert.equal(frame.receivedTimeMs, 1_626_992_741_475);
    assert.equal(frame.json, '{"b":{}}');
    assert.equal(frameOf('https://x.com/info -> 1626992740.175661: {}').symbol, null);
  });

  it('knows a header, and knows nothing of garbage', () => {
    assert.equal(frameOf('wss://x.com/stream <-> 1626992740.179554').kind, 'header');
    assert.equal(frameOf('configuration: {"trades":[]}').kind, 'header');
    for (const line of ['garbage', '12 {"a":1}', '1680652700423575', '1680652700423575abc {"a":1}', '[1]']) {
      assert.equal(frameOf(line).kind, 'unknown', line);
    }
  });
});
