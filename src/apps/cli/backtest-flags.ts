/** Flags that set a field of the configuration's `backtest`. */
import { type ConfigFlag, number as numberFlag, text as textFlag } from './config-flag.ts';

const number = (flag: string, description: string, field: string): ConfigFlag =>
  numberFlag(flag, description, 'backtest', field);
const text = (flag: string, description: string, field: string): ConfigFlag =>
  textFlag(flag, description, 'backtest', field);

export const BACKTEST_FLAGS: readonly ConfigFlag[] = [
  text(
    '--strategy <name>',
    'without a model: sma-crossover (default), threshold, random or buy-and-hold',
    'strategy',
  ),
  text(
    '--rule <sets|decisions|threshold>',
    'what of a model is a signal: prediction sets of one direction (default), decisions, or p > --enter',
    'rule',
  ),
  number('--fast <bars>', 'fast average (default 20)', 'fast'),
  number('--slow <bars>', 'slow average (default 100)', 'slow'),
  number('--enter <x>', 'score or probability above which to enter (default 0.5)', 'enter'),
  number(
    '--exit <x>',
    'score below which a long is left, and above whose negative a short is (default 0)',
    'exit',
  ),
  number(
    '--entry-rate <share>',
    'of `random`: probability of an entry at a close (default 0.01)',
    'entryRate',
  ),
  text('--direction <long|short|both>', 'sides that are traded (default both)', 'direction'),
  text(
    '--execution <next-open|close>',
    'price of a market order on candles (default next-open)',
    'execution',
  ),
  number('--delay-bars <n>', 'bars from signal to execution (default 1)', 'delayBars'),
  number('--latency-ms <n>', 'on recorded events: to the exchange, and back (default 50)', 'latencyMs'),
  number('--taker-fee-bps <x>', 'fee of market orders (default 5.5)', 'takerFeeBps'),
  number('--maker-fee-bps <x>', 'fee of take-profits (default 2)', 'makerFeeBps'),
  number('--slippage-bps <x>', 'of market orders where no book is walked (default 1)', 'slippageBps'),
  text('--sizing <fraction|notional|volatility|kelly>', 'what --size is (default fraction)', 'sizing'),
  number(
    '--size <x>',
    'share of the equity (default 1), money (1000), yearly volatility (0.3), share of Kelly (0.5)',
    'size',
  ),
  number('--size-cap <x>', 'most of the equity under volatility and kelly (default 1)', 'sizeCap'),
  number('--size-window <bars>', 'of the realised volatility (default 288)', 'sizeWindow'),
  number('--stop-loss <share>', 'loss at which a position is left', 'stopLoss'),
  number('--take-profit <share>', 'gain at which a resting order closes it', 'takeProfit'),
  number('--trailing-stop <share>', 'distance from the best price since the entry', 'trailingStop'),
  number('--hold-bars <n>', 'longest time of a position (default with --model: its lookahead)', 'holdBars'),
  number('--initial-cash <x>', 'money at the start (default 10000)', 'initialCash'),
  number('--max-leverage <x>', 'most that is held, × equity (default 1)', 'maxLeverage'),
  number('--lot <size>', 'sizes are whole multiples of it (default: the instrument’s, else any)', 'lotSize'),
  number(
    '--min-notional <x>',
    'least money of an entry (default: the instrument’s, else any)',
    'minNotional',
  ),
  number(
    '--maintenance-margin <share>',
    'equity by position value below which it is closed (default: the instrument’s, else 0)',
    'maintenanceMargin',
  ),
  number('--random-draws <n>', 'draws of the random benchmark (default 200)', 'randomDraws'),
  number('--paths <n>', 'resampled paths (default 500)', 'paths'),
];
