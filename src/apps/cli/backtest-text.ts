import { type Backtest, type RunFigures, settingsText, type Sweep } from '../../pipeline/index.ts';
import { textTable } from './output.ts';
import type { Output } from './output.ts';

type Shown = Pick<RunFigures, 'totalReturn' | 'sharpe' | 'maxDrawdown' | 'trades'>;

/** The verdict, then the run beside its benchmarks and under stress. */
export function printBacktest(output: Output, backtest: Backtest): void {
  const { verdict, figures, benchmarks, stress, costs } = backtest;
  const [first = '', ...rest] = verdict;
  const [charged, late] = backtest.engine === 'events' ? ['fees', 'latency'] : ['costs', 'delay'];
  if (backtest.synthetic) output.line(output.bold('SYNTHETIC DATA'));
  output.line(output.bold(first));
  for (const sentence of rest) output.line(`  ${sentence}`);
  output.line('');
  const row = (name: string, { totalReturn, sharpe, maxDrawdown, trades }: Shown): readonly string[] => [
    name,
    percent(totalReturn),
    fixed(sharpe),
    percent(maxDrawdown),
    String(trades),
  ];
  output.line(
    textTable(
      [backtest.name, 'total return', 'Sharpe', 'drawdown', 'trades'],
      [
        row(`after costs${backtest.costLabel === null ? '' : `: ${backtest.costLabel}`}`, figures),
        ...benchmarks.map((each) => row(each.name, each)),
        ...stress.costs.map((each) => row(`${charged} ${each.name}`, each)),
        ...stress.delays.map((each) => row(`${late} ${each.name}`, each)),
        ...stress.capacity.map((each) => row(`capital ${each.name}`, each)),
      ],
    ),
  );
  output.line('');
  output.line(
    `fees ${costs.fees.toFixed(2)}, slippage and impact ${costs.slippage.toFixed(2)}, funding ${costs.funding.toFixed(2)}; ${costs.initialCash.toFixed(2)} became ${costs.finalEquity.toFixed(2)}`,
  );
}

const SHOWN_SETS = 20;

/** The verdict, then the best settings. */
export function printSweep(output: Output, { verdict, sets, synthetic }: Sweep): void {
  const [first = '', ...rest] = verdict;
  if (synthetic) output.line(output.bold('SYNTHETIC DATA'));
  output.line(output.bold(first));
  for (const sentence of rest) output.line(`  ${sentence}`);
  output.line('');
  const order = sets.toSorted((a, b) => (b.sharpe ?? -Infinity) - (a.sharpe ?? -Infinity));
  output.line(
    textTable(
      ['settings', 'Sharpe', 'total return', 'drawdown', 'trades'],
      order
        .slice(0, SHOWN_SETS)
        .map((set) => [
          settingsText(set),
          fixed(set.sharpe),
          percent(set.totalReturn),
          percent(set.maxDrawdown),
          String(set.trades),
        ]),
    ),
  );
}

const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(2)} %`);
const fixed = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
