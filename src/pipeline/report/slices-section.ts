/** The model on trial by month, regime and confidence, and over seeds. */
import { escapeHtml } from './html.ts';
import { bounds, count, fixed, percent, signed } from './format.ts';
import { intervalAxis, intervalBar, scaleOf } from './interval-bar.ts';
import { FEWEST_OUTCOMES, SEEDS_FOR_SPREAD } from './report-data.ts';
import type { Evaluation, SeedGain, SeedScore, SliceScore } from './report-data.ts';
import { WORDS } from './words.ts';

const HEADS: Readonly<Record<SliceScore['by'], string>> = {
  month: 'By month',
  volatility: 'By trailing volatility',
  confidence: 'By confidence',
};

const NAMES: Readonly<Record<SliceScore['by'], string>> = {
  month: 'UTC month',
  volatility: 'third of the development rows',
  confidence: 'probability of the most probable class',
};

export function slicesSection({ kind, sequenceLength, slices, scores }: Evaluation): string {
  const scale = scaleOf(
    slices.flatMap(({ macroF1Interval }) => macroF1Interval),
    scores[0]?.macroF1,
  );
  const row = (slice: SliceScore): string => {
    const title = `${slice.name}: macro-F1 ${fixed(slice.macroF1)} (95 % ${bounds(slice.macroF1Interval)}), ${count(slice.rows)} rows`;
    const few = slice.independentOutcomes < FEWEST_OUTCOMES;
    return `<tr${few ? ' class="few"' : ''}><th>${escapeHtml(slice.name)}</th><td>${count(slice.rows)}</td><td>${slice.independentOutcomes}${few ? '<br><small>too few</small>' : ''}</td><td>${fixed(slice.macroF1)}<br><small>${bounds(slice.macroF1Interval)}</small></td><td>${intervalBar({ estimate: slice.macroF1, interval: slice.macroF1Interval, title }, scale)}</td><td>${fixed(slice.mcc)}</td><td>${count(slice.decisions)}</td><td>${percent(slice.precision)}</td><td>${percent(slice.confidence)} / ${percent(slice.accuracy)}</td></tr>`;
  };
  const table = (by: SliceScore['by']): string =>
    `<h3>${HEADS[by]}</h3><div class="scroll"><table><thead><tr><th>${NAMES[by]}</th><th>rows</th><th>independent<br>outcomes</th><th>macro-F1</th><th>${intervalAxis('macro-F1', scale)}</th><th>MCC</th><th>SELL and BUY<br>decisions</th><th>came true</th><th>stated / true<br><small>most probable class</small></th></tr></thead><tbody>${slices
      .filter((slice) => slice.by === by)
      .map(row)
      .join('')}</tbody></table></div>`;
  return `<section><h2>Where it works and where not</h2><p class="note">The ${WORDS[kind].model} on parts of the test rows. Volatility is that of the last ${Math.min(60, sequenceLength)} ${WORDS[kind].rows}’ returns, with the thirds’ edges taken from the development rows: the regime was known at the time. The dashed line is the whole test. Below ${FEWEST_OUTCOMES} independent outcomes a part says nothing.</p>
${(['month', 'volatility', 'confidence'] as const).map(table).join('')}</section>`;
}

export function seedsSection({ kind, seeds, seedGains }: Evaluation): string {
  if (seeds.length < SEEDS_FOR_SPREAD) {
    return `<section><h2>Over seeds</h2><p class="note">The spread over seeds is <strong>not known</strong>: ${seeds.length === 1 ? 'one seed was' : `${seeds.length} seeds were`} trained, and with fewer than ${SEEDS_FOR_SPREAD} nobody can say how much of the figure is the luck of one initialisation. ${WORDS[kind].seeds}</p>${seeds.length > 1 ? seedTable(seeds) : ''}</section>`;
  }
  return `<section><h2>Over seeds</h2><p class="note">The same recipe on the same data, ${seeds.length} times with another seed; the first one is the model on this page. No best one is chosen.</p>${seedTable(seeds)}${gainTable(seedGains, seeds.length)}</section>`;
}

function gainTable(gains: readonly SeedGain[], seeds: number): string {
  if (gains.length === 0) return '';
  const rows = gains.map(
    ({ against, figure, mean, interval, better }) =>
      `<tr><th>${escapeHtml(against)}</th><td>${figure}</td><td>${signed(mean)}<br><small>${bounds(interval)}</small></td><td>${better} of ${seeds}</td></tr>`,
  );
  return `<p class="note">The model on trial less parts of itself. The interval is of another training on these rows, by Student’s t; it knows nothing of another market. Of log loss and ECE, below 0 is better.</p><div class="scroll"><table><thead><tr><th>against</th><th>figure</th><th>mean difference</th><th>better in</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function seedTable(seeds: readonly SeedScore[]): string {
  const figures = [
    ['macro-F1', (seed: SeedScore) => seed.macroF1],
    ['MCC', (seed: SeedScore) => seed.mcc],
    ['direction AUC', (seed: SeedScore) => seed.directionAuc],
    ['log loss', (seed: SeedScore) => seed.logLoss],
  ] as const;
  const rows = figures.map(([name, of]) => {
    const values = seeds.map(of);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
    const dots = seeds.map((seed) => `${seed.seed}: ${fixed(of(seed))}`).join(', ');
    return `<tr><th>${name}</th><td>${fixed(values[0]!)}</td><td>${fixed(mean)}</td><td>${fixed(deviation)}</td><td>${fixed(Math.min(...values))}</td><td>${fixed(Math.max(...values))}</td><td class="text"><small>${escapeHtml(dots)}</small></td></tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th></th><th>this model</th><th>mean</th><th>standard deviation</th><th>lowest</th><th>highest</th><th class="text">seed: figure</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
