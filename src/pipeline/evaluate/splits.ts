/** Which stretch of time was used for what, lane by lane: the picture of the protocol. */
import type { AuditPlan } from '../audit/audit-plan.ts';
import type { LabelledRows } from '../labelled-rows.ts';
import type { SplitLane, SplitPart } from '../report/index.ts';

type Use = SplitPart['use'];

/** Positions in order of time. */
type Uses = readonly (readonly [Use, Int32Array])[];

/** The folds, what became of their predictions, and the model that is shipped. */
export function splitLanes(data: LabelledRows, plan: AuditPlan): readonly SplitLane[] {
  const lane = (name: string, uses: Uses): SplitLane => splitLane(data, name, uses);
  const { development, shipped, folds, auditor, calibration } = plan;
  return [
    ...folds.map((fold, k) =>
      lane(`fold ${k + 1}`, [
        ['train', fold.train],
        ['stopping', fold.stopping],
        ['judged', fold.validation],
      ]),
    ),
    lane('auditor', [
      ['train', auditor.search],
      ['stopping', auditor.stopping],
      ['calibration', calibration.slice],
    ]),
    lane('shipped', [
      ['train', shipped],
      ['test', development.after],
    ]),
  ];
}

export const splitLane = (data: LabelledRows, name: string, uses: Uses): SplitLane => ({
  name,
  parts: withPurged(data, uses),
});

/** The parts in their order, and between them the rows that belong to none: too near to what came after. */
function withPurged(data: LabelledRows, uses: Uses): readonly SplitPart[] {
  const { timeMs } = data.spans;
  const partOf = (use: Use, first: number, last: number, rows: number): SplitPart => ({
    use,
    fromMs: timeMs[first]!,
    toMs: timeMs[last]!,
    rows,
  });
  return uses.flatMap(([use, positions], i) => {
    const [first, last] = [positions[0]!, positions.at(-1)!];
    const own = partOf(use, first, last, positions.length);
    const next = uses[i + 1]?.[1][0];
    if (next === undefined || next <= last + 1) return [own];
    return [own, partOf('purged', last + 1, next - 1, next - last - 1)];
  });
}
