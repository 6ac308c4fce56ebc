/**
 * What stands before the JSON of a line.
 *   Bybit archive            `{…}`
 *   hftbacktest's collector  `<receive time> {…}`, µs or ns by the number of digits
 *   cryptofeed's recorder    `<seconds.fraction>: {…}` for the socket, `<url> -> <seconds.fraction>: {…}` for REST
 */

export interface LineFrame {
  /** `header`: a line about the recording itself; `unknown`: not a line of any of these formats. */
  kind: 'message' | 'header' | 'unknown';
  /** Where the JSON of a message begins. */
  jsonStart: number;
  /** NaN when the line does not say. */
  receivedTimeMs: number;
  /** The symbol of a REST answer that does not name it itself, from the address asked; null when there is none. */
  symbol: string | null;
}

const BRACE = 123;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;
/** Of a time in milliseconds, and in nanoseconds. */
const MS_DIGITS = 13;
const NS_DIGITS = 19;
const REST_LINE = /^https?:\/\/\S*?(?:[?&]symbol=([^&\s]+)\S*)? -> ([\d.]+): $/;
const HEADER = /^(?:wss:\/\/|configuration: )/;
const MAX_ADDRESS_BYTES = 512;

/** Reads the frame of `bytes[start, end)` into `frame`. */
export function readFrame(bytes: Buffer, start: number, end: number, frame: LineFrame): void {
  frame.kind = 'unknown';
  frame.jsonStart = start;
  frame.receivedTimeMs = Number.NaN;
  frame.symbol = null;
  const first = bytes[start]!;
  if (first === BRACE) frame.kind = 'message';
  else if (first >= ZERO && first <= NINE) readTimedFrame(bytes, start, end, frame);
  else readAddressFrame(bytes, start, end, frame);
}

function readTimedFrame(bytes: Buffer, start: number, end: number, frame: LineFrame): void {
  if (readWholeTime(bytes, start, end, frame)) return;
  let at = start;
  while (at < end && bytes[at]! !== BRACE) at++;
  frame.jsonStart = at;
  frame.receivedTimeMs = timeMs(bytes.toString('latin1', start, at));
  if (at < end && !Number.isNaN(frame.receivedTimeMs)) frame.kind = 'message';
}

/** The time as most recorders write it, a whole number and one space; false for any other, of which nothing is read. */
function readWholeTime(bytes: Buffer, start: number, end: number, frame: LineFrame): boolean {
  let at = start;
  let timeMs = 0;
  const msEnd = start + MS_DIGITS;
  for (; at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE; at++) {
    if (at < msEnd) timeMs = timeMs * 10 + (bytes[at]! - ZERO);
  }
  const digits = at - start;
  const isPlain = bytes[at] === SPACE && at + 1 < end && bytes[at + 1] === BRACE;
  if (!isPlain || digits < MS_DIGITS || digits > NS_DIGITS) return false;
  frame.kind = 'message';
  frame.jsonStart = at + 1;
  frame.receivedTimeMs = timeMs;
  return true;
}

/** Integer milliseconds from seconds with a fraction, or from a whole number of ms, µs or ns. */
function timeMs(text: string): number {
  const [whole = '', fraction = ''] = text.replace(/[:\s]+$/, '').split('.');
  const digits = whole.length < MS_DIGITS ? `${whole}${fraction.padEnd(3, '0').slice(0, 3)}` : whole;
  return /^\d{13,19}$/.test(digits) ? Number(digits.slice(0, MS_DIGITS)) : Number.NaN;
}

function readAddressFrame(bytes: Buffer, start: number, end: number, frame: LineFrame): void {
  const head = bytes.toString('latin1', start, Math.min(end, start + MAX_ADDRESS_BYTES));
  if (HEADER.test(head)) {
    frame.kind = 'header';
    return;
  }
  const brace = head.indexOf('{');
  const match = REST_LINE.exec(head.slice(0, Math.max(0, brace)));
  if (match === null) return;
  frame.kind = 'message';
  frame.jsonStart = start + brace;
  frame.symbol = match[1] ?? null;
  frame.receivedTimeMs = timeMs(match[2] ?? '');
}
