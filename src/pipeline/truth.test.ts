import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BUY, DAY_MS, MINUTE_MS, SELL } from '../domain/core/index.ts';
import { DEFAULT_LABEL } from '../domain/labels/index.ts';
import {
  ceilingFor,
  oracleProbabilities,
  simulatedInstrument,
  simulateMarket,
  truthLabels,
} from '../domain/simulation/index.ts';
import {
  ceilingOnRows,
  readFacts,
  readMarker,
  readTruth,
  SYNTHETIC_MARKER,
  writeMarker,
  writeTruth,
} from './truth.ts';

const START = Date.UTC(2025, 0, 1);
const FACTS = { symbol: 'SIMUSDT', seed: 9, strength: 0.4, rate: 'light', startMs: START, days: 1 } as const;
const { truth } = simulateMarket({ ...FACTS, instrument: simulatedInstrument('SIMUSDT') });

describe('the answer sheet', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-truth-'));
  });
  after(() => rm(folder, { recursive: true }));
  /** A fresh answer sheet whose table went through `change`. */
  const sheet = async (name: string, change?: (lines: string[]) => string[]): Promise<string> => {
    const place = path.join(folder, name);
    await writeTruth(place, truth, FACTS);
    if (change !== undefined) {
      const file = path.join(place, 'truth.csv.gz');
      const lines = gunzipSync(await readFile(file))
        .toString()
        .split('\n');
      await writeFile(file, gzipSync(change(lines).join('\n')));
    }
    return place;
  };

  it('comes back as it was, to the bit', async () => {
    const place = await sheet('good');
    assert.deepEqual(await readTruth(place), truth);
    assert.deepEqual(await readFacts(place), FACTS);
    assert.equal(await readFacts(path.join(folder, 'none')), null);
    const json = JSON.parse(await readFile(path.join(place, 'truth.json'), 'utf8')) as { synthetic: unknown };
    assert.equal(json.synthetic, true);
  });

  it('names file and line of a row that is damaged', async () => {
    const row = 41;
    const damages: ((fields: string[]) => string[])[] = [
      ([minute, , sigma, mid]) => [minute!, 'x', sigma!, mid!],
      ([minute, , sigma, mid]) => [minute!, '', sigma!, mid!],
      ([minute, state]) => [minute!, state!],
      ([minute, state, sigma]) => [minute!, state!, sigma!, '0'],
      ([minute, state, , mid]) => [minute!, state!, '-0.001', mid!],
      ([minute, ...rest]) => [`${Number(minute) + MINUTE_MS}`, ...rest],
      (fields) => [...fields, '1'],
    ];
    for (const [i, damage] of damages.entries()) {
      const place = await sheet('row', (lines) =>
        lines.with(row - 1, damage(lines[row - 1]!.split(',')).join(',')),
      );
      await assert.rejects(
        readTruth(place),
        { name: 'DataError', message: /truth\.csv\.gz:41: ".*" is not the minute that belongs here/ },
        `damage ${i}`,
      );
    }
  });

  it('refuses a table that is short, has other columns, is cut off, or is not there', async () => {
    for (const change of [
      (lines: string[]) => lines.slice(0, -10),
      (lines: string[]) => lines.with(0, 'minute_ms,state,mid,sigma'),
    ]) {
      await assert.rejects(readTruth(await sheet('table', change)), {
        name: 'DataError',
        message: /truth\.csv\.gz: must hold the columns minute_ms,state,sigma,mid and 1440 rows/,
      });
    }
    const place = await sheet('cut');
    const file = path.join(place, 'truth.csv.gz');
    await writeFile(file, (await readFile(file)).subarray(0, 5_000));
    await assert.rejects(readTruth(place), {
      name: 'DataError',
      message: /truth\.csv\.gz: cannot be read \(.*\); simulate again/,
    });
    await rm(file);
    await assert.rejects(readTruth(place), { name: 'DataError', message: /ENOENT/ });
    await writeFile(path.join(place, 'truth.json'), '{"synthetic": false}');
    await assert.rejects(readTruth(place), { name: 'DataError', message: /truth\.json: .*synthetic/s });
  });

  it('is found by the marker beside the archives, which only simulated data has', async () => {
    const archives = path.join(folder, 'bybit');
    assert.equal(await readMarker(archives), null);
    await writeMarker(archives, path.join(folder, 'truth'));
    assert.deepEqual(await readMarker(archives), { truth: path.join(folder, 'truth') });
    await mkdir(path.join(folder, 'odd'));
    await writeFile(path.join(folder, 'odd', SYNTHETIC_MARKER), '{"synthetic": "no"}');
    await assert.rejects(readMarker(path.join(folder, 'odd')), { name: 'DataError' });
  });

  it('gives the ceiling of the very rows that are judged, and none for data that nobody simulated', async () => {
    const origin = { truth: await sheet('ceiling') };
    const all = truthLabels(truth, DEFAULT_LABEL);
    const rows = Array.from({ length: 400 }, (_, i) => 700 + i);
    const judged = {
      minuteMs: Float64Array.from(rows, (m) => START + m * MINUTE_MS),
      labels: Int8Array.from(rows, (m) => all[m]!),
      label: DEFAULT_LABEL,
    };
    const probabilities = oracleProbabilities(truth, DEFAULT_LABEL).subarray(700 * 3, 1_100 * 3);
    const { macroF1, logLoss } = ceilingFor({ labels: judged.labels, oracle: probabilities });
    const found = await ceilingOnRows(origin, judged);
    assert.deepEqual({ macroF1: found?.macroF1, logLoss: found?.logLoss }, { macroF1, logLoss });
    const blind = oracleProbabilities(truth, { ...DEFAULT_LABEL, state: 'hidden' }).subarray(
      700 * 3,
      1_100 * 3,
    );
    assert.equal(found?.floor, ceilingFor({ labels: judged.labels, oracle: blind }).macroF1);
    const turned = { ...judged, labels: judged.labels.map((k) => (k === BUY ? SELL : BUY)) };
    assert.ok((await ceilingOnRows(origin, turned))!.logLoss > logLoss + 0.1);
    assert.equal(await ceilingOnRows(null, judged), null);
    const later = { ...judged, minuteMs: judged.minuteMs.map((ms) => ms + 30 * DAY_MS) };
    await assert.rejects(ceilingOnRows(origin, later), {
      name: 'DataError',
      message: /holds none of the rows/,
    });
  });
});
