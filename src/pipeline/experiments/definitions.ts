/** The experiments: what is varied, what is measured, and what would count as success, all fixed before any data. */
import type { PretrainingTask } from '../../learning/candles/index.ts';
import type { MetricId } from '../report/index.ts';
import { LONG_WINDOW, SHORT_WINDOW } from './recipe.ts';

export interface Variant {
  readonly id: string;
  readonly name: string;
  /** What taught MacroNet; null: MicroNet gets no embedding. */
  readonly embedding: PretrainingTask | null;
  /** Candles that a decision sees. */
  readonly window: number;
  readonly thresholds: 'adaptive' | 'static';
  /** Symbols that both networks learn from, for each symbol that is judged. */
  readonly learnsFrom: 'all' | 'own' | 'others';
}

export interface TestedMetric {
  readonly metric: MetricId;
  readonly better: 'higher' | 'lower';
  /** Smallest difference that would matter: a share of the control's figure, or a difference as it is. */
  readonly margin:
    | { readonly kind: 'relative'; readonly share: number }
    | { readonly kind: 'absolute'; readonly value: number };
}

export interface ExperimentDefinition {
  readonly name: ExperimentName;
  readonly title: string;
  readonly hypothesis: string;
  /** The seed's words. */
  readonly criterion: string;
  readonly reading: string;
  readonly treatment: Variant;
  readonly control: Variant;
  /** Whether a control that is ahead would be a finding too. */
  readonly sides: 'one' | 'two';
  readonly metrics: readonly TestedMetric[];
}

export const EXPERIMENT_NAMES = ['e1', 'e2', 'e3', 'e4', 'unseen'] as const;
export type ExperimentName = (typeof EXPERIMENT_NAMES)[number];

const REFERENCE: Variant = {
  id: 'contrastive',
  name: 'MacroNet, contrastive; 60 candles; adaptive thresholds',
  embedding: 'contrastive',
  window: LONG_WINDOW,
  thresholds: 'adaptive',
  learnsFrom: 'all',
};

const HIT_RATIO: TestedMetric = {
  metric: 'hitRatio',
  better: 'higher',
  margin: { kind: 'relative', share: 0.05 },
};
const SHARPE: TestedMetric = {
  metric: 'sharpe',
  better: 'higher',
  margin: { kind: 'absolute', value: 0.5 },
};

export const EXPERIMENTS: Readonly<Record<ExperimentName, ExperimentDefinition>> = {
  e1: {
    name: 'e1',
    title: 'E1: MacroNet’s embedding against none',
    hypothesis: 'The embedding of the last five days makes MicroNet’s signals right more often.',
    criterion: '+5 % hit ratio over the baseline without embedding',
    reading:
      'the hit ratio is a twentieth higher than without the embedding (0.525 where that has 0.500), and the corrected p-value is below 0.05',
    treatment: REFERENCE,
    control: { ...REFERENCE, id: 'none', name: 'no embedding; 60 candles', embedding: null },
    sides: 'one',
    metrics: [HIT_RATIO],
  },
  e2: {
    name: 'e2',
    title: 'E2: contrastive pre-training against the autoencoder',
    hypothesis: 'It matters for the signals, and for what an embedding keeps, which task teaches MacroNet.',
    criterion: 'better Sharpe ratio and lower reconstruction loss',
    reading:
      'either task ahead of the other by 0.5 in the annual Sharpe ratio after costs, and by a twentieth in the error of days rebuilt from their embeddings by ridge regression',
    treatment: REFERENCE,
    control: {
      ...REFERENCE,
      id: 'autoencoder',
      name: 'MacroNet, autoencoder; 60 candles',
      embedding: 'autoencoder',
    },
    sides: 'two',
    metrics: [
      SHARPE,
      { metric: 'reconstruction', better: 'lower', margin: { kind: 'relative', share: 0.05 } },
    ],
  },
  e3: {
    name: 'e3',
    title: 'E3: a window of 60 candles against one of 24',
    hypothesis: 'MicroNet earns more for its risk when it sees 60 candles (5 hours) than 24 (2 hours).',
    criterion: 'higher risk-adjusted return',
    reading: 'either window ahead by 0.5 in the annual Sharpe ratio after costs',
    treatment: REFERENCE,
    control: {
      ...REFERENCE,
      id: 'window-24',
      name: 'MacroNet, contrastive; 24 candles',
      window: SHORT_WINDOW,
    },
    sides: 'two',
    metrics: [SHARPE],
  },
  e4: {
    name: 'e4',
    title: 'E4: adaptive thresholds against static ones',
    hypothesis: 'Thresholds that follow past scores lose less from the peak and are precise more often.',
    criterion: 'lower drawdown and high precision',
    reading:
      'the maximum drawdown of daily closes is two points lower, and signals come true two points more often',
    treatment: REFERENCE,
    control: {
      ...REFERENCE,
      id: 'static',
      name: 'the same scores, thresholds fixed before the test',
      thresholds: 'static',
    },
    sides: 'one',
    metrics: [
      { metric: 'maxDrawdown', better: 'lower', margin: { kind: 'absolute', value: 0.02 } },
      { metric: 'precision', better: 'higher', margin: { kind: 'absolute', value: 0.02 } },
    ],
  },
  unseen: {
    name: 'unseen',
    title: 'A symbol never seen in training',
    hypothesis:
      'A model that learned from the other symbols is right more (or less) often on a symbol it never saw than one that learned from that symbol’s own past.',
    criterion: 'none in the seed, which only asks for generalisation across symbols',
    reading: 'the hit ratio differs by a twentieth; “no effect” means that it generalises',
    treatment: { ...REFERENCE, id: 'others', name: 'learned from the other symbols', learnsFrom: 'others' },
    control: { ...REFERENCE, id: 'own', name: 'learned from the symbol’s own past', learnsFrom: 'own' },
    sides: 'two',
    metrics: [HIT_RATIO],
  },
};

/** The experiments that are corrected together. */
const FAMILIES: readonly (readonly ExperimentName[])[] = [['e1', 'e2', 'e3', 'e4'], ['unseen']];

/** Tests in the family of an experiment: every metric, for each symbol and for all together. */
export function familyOf(
  name: ExperimentName,
  symbols: number,
): { readonly tests: number; readonly text: string } {
  const family = FAMILIES.find((names) => names.includes(name))!;
  const metrics = family.reduce((sum, each) => sum + EXPERIMENTS[each].metrics.length, 0);
  const scopes = symbols === 1 ? 1 : symbols + 1;
  return { tests: metrics * scopes, text: family.map((each) => each.toUpperCase()).join(', ') };
}
