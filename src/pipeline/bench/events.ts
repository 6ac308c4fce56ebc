/**
 * `bench events`: book events a second through the event engine on one core, beside the book alone. A book event is the change
 * of one price level, applied while an exchange with a resting order and a strategy listen.
 *
 * The stream is a simulated day at full rate, or, with `TIDEMARK_RECORDING` naming a folder of Binance USD-M recordings of
 * BTCUSDT, those.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { simulate } from '../simulate.ts';
import { CODE_VERSION } from '../version.ts';
import type { EventsFigures, EventsRunOptions, Pass } from './events-run.ts';
import type { BenchContext, BenchRow } from './row.ts';

const WORKER = fileURLToPath(new URL('events.worker.ts', import.meta.url));
const ROUNDS = 3;
const MOST_LEVELS = 8_000_000;

interface Stream extends Pick<EventsRunOptions, 'venue' | 'symbol' | 'inputs'> {
  readonly name: string;
}

export async function benchEvents({ signal, report }: BenchContext): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
  try {
    const recording = process.env['TIDEMARK_RECORDING'];
    report(null, recording === undefined ? 'simulating a day at full rate' : 'reading the recording');
    const stream = recording === undefined ? await simulatedDay(folder, signal) : recorded(recording);
    report(null, 'messages through the book alone and through the engine, in turn');
    return await benchStream(stream, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function simulatedDay(folder: string, signal: AbortSignal): Promise<Stream> {
  const day = { days: 1, startDate: '2025-01-01', seed: 1, strength: 0.5, rate: 'full' } as const;
  const { venue, symbol, archives } = await simulate({ ...day, out: folder, signal });
  return { venue, symbol, inputs: archives, name: 'a simulated day at full rate (SYNTHETIC)' };
}

const recorded = (folder: string): Stream => ({
  venue: 'binance-usdm',
  symbol: 'BTCUSDT',
  inputs: [folder],
  name: 'recorded USD-M BTCUSDT',
});

async function benchStream({ name, ...stream }: Stream, signal: AbortSignal): Promise<readonly BenchRow[]> {
  const options: EventsRunOptions = { ...stream, rounds: ROUNDS, mostLevels: MOST_LEVELS };
  const { stdout } = await promisify(execFile)(process.execPath, [WORKER, JSON.stringify(options)], {
    signal,
  });
  const figures = JSON.parse(stdout) as EventsFigures & { readonly peakRssBytes: number };
  const { book, engine, decoded } = figures;
  const perSecond = (pass: Pass, of: 'levels' | 'messages'): number => pass[of] / pass.seconds;
  const engineAlone = `event engine, ${name}, decoded: ${engine.messages} messages of ${engine.levels} level changes`;
  const fromFiles = `event engine, ${name}, from the files on, with ${figures.trades} trades: ${figures.fills} fills in ${figures.minutes} minutes`;
  const row = (what: string, of: 'levels' | 'messages', [pass, peer]: readonly [Pass, Pass]): BenchRow => ({
    name: what,
    unit: of === 'levels' ? 'level changes/s' : 'messages/s',
    value: perSecond(pass, of),
    peer: peer === book ? 'sequencer and book alone' : 'messages decoded before',
    peerVersion: CODE_VERSION,
    peerValue: perSecond(peer, of),
    ratio: perSecond(pass, of) / perSecond(peer, of),
  });
  return [
    row(engineAlone, 'levels', [engine, book]),
    row(engineAlone, 'messages', [engine, book]),
    row(fromFiles, 'levels', [decoded, engine]),
    row(fromFiles, 'messages', [decoded, engine]),
  ];
}
