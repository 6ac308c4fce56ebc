/** The part of the configuration that says what is traded, at which costs and how much of it. */
import { z } from 'zod';

const share = z.number().gt(0).lt(1);
const count = z.int().min(1);
const bps = z.number().min(0).max(5_000);

export const BacktestSchema = z
  .strictObject({
    strategy: z.enum(['sma-crossover', 'threshold', 'random', 'buy-and-hold']).default('sma-crossover'),
    rule: z
      .enum(['sets', 'decisions', 'threshold'])
      .default('sets')
      .describe(
        'what of a model is a signal: prediction sets of one direction (of a MicroNet adaptive thresholds), decisions, or p > enter',
      ),
    fast: count.default(20).describe('candles of the fast average'),
    slow: count.default(100).describe('candles of the slow average'),
    enter: z.number().default(0.5).describe('score, or probability, above which a position is entered'),
    exit: z.number().default(0).describe('score below which a long is left'),
    entryRate: share.default(0.01).describe('of the random strategy: probability of an entry at a close'),
    direction: z.enum(['long', 'short', 'both']).default('both'),
    execution: z
      .enum(['next-open', 'close'])
      .default('next-open')
      .describe('on candles; books are met at a close'),
    delayBars: z.int().min(0).max(1_000).optional().describe('bars from signal to execution; default 1'),
    latencyMs: z
      .number()
      .min(0)
      .max(60_000)
      .default(50)
      .describe('on recorded events: from sending an order to its matching, and back'),
    takerFeeBps: bps.default(5.5),
    makerFeeBps: z.number().min(-100).max(5_000).default(2),
    slippageBps: bps.default(1).describe('of market orders on candles; recorded books are walked instead'),
    sizing: z.enum(['fraction', 'notional', 'volatility', 'kelly']).default('fraction'),
    size: z
      .number()
      .gt(0)
      .optional()
      .describe(
        'share of the equity (default 1), money (1000), volatility a year (0.3) or share of Kelly (0.5)',
      ),
    sizeCap: z.number().gt(0).default(1).describe('most of the equity under volatility and Kelly'),
    sizeWindow: z.int().min(2).default(288).describe('candles of the realised volatility'),
    stopLoss: share.optional(),
    takeProfit: z.number().gt(0).optional(),
    trailingStop: share.optional(),
    holdBars: count.optional().describe('longest time of a position; of a model: its lookahead by default'),
    initialCash: z.number().gt(0).default(10_000),
    maxLeverage: z.number().gt(0).max(125).default(1),
    lotSize: z.number().min(0).optional(),
    minNotional: z.number().min(0).optional(),
    maintenanceMargin: z.number().min(0).lt(1).optional(),
    randomDraws: z.int().min(20).max(5_000).default(200).describe('of the benchmark of random signals'),
    paths: z.int().min(50).max(10_000).default(500).describe('resampled paths of the equity'),
  })
  .prefault({});

export type BacktestConfig = z.infer<typeof BacktestSchema>;
