/** A quality report as text for people. */
import { isoMinute } from '../../domain/core/index.ts';
import type { Finding, Place, QualityReport } from '../../pipeline/index.ts';
import { minutesText, totalsByCause } from '../../pipeline/index.ts';
import type { Output } from './output.ts';
import { textTable } from './output.ts';

const PLACES_SHOWN = 3;

export function printQuality(output: Output, report: QualityReport): void {
  const { coverage, depth, gaps, drift } = report;
  if (report.synthetic) output.line(output.bold('SYNTHETIC DATA: nothing here happened on an exchange'));
  const [first = '', ...rest] = report.verdict;
  output.line(output.bold(first));
  for (const sentence of rest) output.line(sentence);
  if (depth !== null) {
    const { bids, asks } = depth;
    output.line(
      `Levels in the book: median ${bids.median} bid, ${asks.median} ask; least ${bids.least} and ${asks.least}.`,
    );
  }
  output.line(`\n${coverageTable(report)}`);
  if (report.findings.length > 0) output.line('');
  for (const finding of report.findings) printFinding(output, finding);
  if (gaps.length > 0) {
    const rows = totalsByCause(gaps).map(({ cause, ranges, minutes, longest }) => [
      cause,
      count(ranges),
      count(minutes),
      `${isoMinute(longest.fromMs)}, ${minutesText(longest.minutes)}`,
    ]);
    output.line(`\n${textTable(['gap cause', 'stretches', 'minutes', 'longest'], rows)}`);
  }
  if (drift.some(({ months }) => months.some(({ psi }) => psi !== null))) {
    const rows = drift.map(({ feature, reference, months }) => {
      const judged = months.filter(({ psi }) => psi !== null);
      const [most] = judged.toSorted((a, b) => b.psi! - a.psi!);
      return [
        feature,
        reference ?? '–',
        String(judged.length),
        most === undefined ? '–' : `${most.psi!.toFixed(3)} (${most.month})`,
        most?.shift?.toFixed(2) ?? '–',
        most?.mark ?? '–',
      ];
    });
    output.line(
      `\n${textTable(['drift', 'reference', 'months judged', 'largest PSI', 'shift there', ''], rows)}`,
    );
  }
  if (coverage.files < coverage.days)
    output.line(output.dim(`\n${coverage.days - coverage.files} of ${coverage.days} days have no file.`));
}

const count = (value: number): string => value.toLocaleString('en');

/** Coverage month by month, or day by day when there are few; periods without a file are left out. */
function coverageTable({ coverage: { byDay } }: QualityReport): string {
  const keyLength = byDay.length <= 14 ? 10 : 7;
  const periods = [...Map.groupBy(byDay, ({ day }) => day.slice(0, keyLength))];
  const recorded = periods.filter(([, days]) => days.some(({ file }) => file !== 'none'));
  const rows = recorded.map(([period, days]) => {
    const sum = (of: (day: (typeof days)[number]) => number): number =>
      days.reduce((total, day) => total + of(day), 0);
    return [
      period,
      String(sum(({ file }) => (file === 'none' ? 0 : 1))),
      String(sum(({ file }) => (file === 'faulty' ? 1 : 0))),
      count(sum(({ present }) => present)),
      count(sum(({ complete }) => complete)),
      count(sum(({ usable }) => usable)),
      `${((100 * sum(({ complete }) => complete)) / (1_440 * days.length)).toFixed(1)} %`,
    ];
  });
  return textTable(
    ['coverage', 'files', 'with errors', 'minutes', 'complete', 'with return', 'of all minutes'],
    rows,
  );
}

function printFinding(output: Output, { severity, what, count: times, places, todo }: Finding): void {
  output.line(`${output.bold(severity.padEnd(8))} ${what}: ${count(times)}`);
  for (const place of places.slice(0, PLACES_SHOWN)) {
    const text = placeText(place);
    if (text !== '') output.line(`         ${text}`);
  }
  output.line(output.dim(`         → ${todo}`));
}

const placeText = ({ file, minute, column, detail }: Place): string =>
  [[file, minute, column].filter((part) => part !== undefined).join(' '), detail]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
