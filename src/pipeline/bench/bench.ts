/**
 * `bench`: how fast we are beside the others, both measured in one run on this machine. Peers that are not installed
 * are reported as absent (`bench/peers/setup` installs them), never guessed.
 */
import { benchBacktest } from './backtest.ts';
import { benchEvents } from './events.ts';
import { benchIngest } from './ingest.ts';
import type { BenchContext, BenchRow } from './row.ts';
import { benchServe } from './serve.ts';
import { benchBoosting } from './boosting.ts';
import { benchTrain } from './train.ts';
import { benchDense } from './dense.ts';

export type { BenchContext, BenchRow } from './row.ts';

export const BENCHES: Readonly<Record<string, (context: BenchContext) => Promise<readonly BenchRow[]>>> = {
  ingest: benchIngest,
  train: benchTrain,
  dense: benchDense,
  serve: benchServe,
  backtest: benchBacktest,
  events: benchEvents,
  boosting: benchBoosting,
};
