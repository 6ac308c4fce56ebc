/** What a quality check can find, how grave it is, and what to do about it. */

export const SEVERITIES = ['error', 'warning', 'note'] as const;
/** `error`: do not use the data as it is. `warning`: usable, but someone should look. `note`: good to know. */
export type Severity = (typeof SEVERITIES)[number];

/** Where something was found; what is not known is not named. */
export interface Place {
  /** Name of the file within the folder of the bars; a feature file is named with the folder it has in `features`. */
  readonly file?: string;
  /** ISO minute such as `2024-07-23T15:39Z`. */
  readonly minute?: string;
  readonly column?: string;
  readonly detail?: string;
}

export interface Finding {
  readonly check: FindingKind;
  readonly severity: Severity;
  readonly what: string;
  /** How often; exact, also where only the first places are kept. */
  readonly count: number;
  readonly places: readonly Place[];
  readonly todo: string;
}

interface Meaning {
  readonly severity: Severity;
  readonly what: string;
  readonly todo: string;
}

const REINGEST = 'ingest the day again from its source';
const REPORT_BUG =
  'ingest the day again; should it come back, the ingest is wrong: report it with this minute';

const error = (what: string, todo: string): Meaning => ({ severity: 'error', what, todo });
const warning = (what: string, todo: string): Meaning => ({ severity: 'warning', what, todo });
const note = (what: string, todo: string): Meaning => ({ severity: 'note', what, todo });

const MEANINGS = {
  'file-unreadable': error('day file cannot be read', REINGEST),
  'column-missing': error('a column of the schema is missing', REINGEST),
  'column-unexpected': error('a column that the schema does not know', REINGEST),
  'column-order': error('columns are not in the order of the schema', REINGEST),
  'column-type': error('a column has the wrong type', REINGEST),
  'column-null': error('nulls where NaN should say "not available"', REINGEST),
  'file-empty': error('day file without rows', REINGEST),
  'hash-mismatch': error(
    'day file differs from what its manifest recorded',
    'it was changed after ingest: find out by whom, or ingest the day again',
  ),
  'rows-mismatch': warning(
    'day file has another number of rows than its manifests say',
    'it was changed after ingest: find out by whom, or ingest the day again',
  ),

  'minute-missing-time': error('a row without a time', REINGEST),
  'minute-off-grid': error('a row whose time is not the start of a minute', REINGEST),
  'minute-duplicate': error('two rows claim one minute', REINGEST),
  'minute-order': error('rows are not in order of time', REINGEST),
  'minute-other-day': error('a row that does not belong to the UTC day of its file', REINGEST),

  'book-crossed': error('best bid is not below best ask', REPORT_BUG),
  'book-one-sided': error('a side of the book is empty', REPORT_BUG),
  'level-order': error('prices are not strictly ordered, best first', REPORT_BUG),
  'level-hole': error('a level after a missing one', REPORT_BUG),
  'level-price': error('a price that is not a positive number', REPORT_BUG),
  'level-size': error('a price without a positive size', REPORT_BUG),
  'level-size-alone': error('a size without a price', REPORT_BUG),
  'levels-few': note(
    'bars with fewer levels than the file has columns for',
    'the venue or the recording gives no more depth; missing levels are NaN prices and zero sizes',
  ),

  'close-invalid': error('close is not a positive number', REPORT_BUG),
  'close-not-micro-price': error('close is not the micro price of the stored book', REPORT_BUG),
  'feature-not-finite': error('a complete bar with a feature that is not a number', REPORT_BUG),
  'feature-partial': error(
    'a bar without body, or without return, that has features which need it',
    REPORT_BUG,
  ),
  'feature-bounds': error('a feature outside what is possible', REPORT_BUG),
  'feature-constant': warning(
    'a feature that never changes within a month',
    'a constant feature teaches nothing: check the source and `--log-volume`',
  ),
  'feature-drift': warning(
    'a feature whose distribution has moved far from that of the first month',
    'train on recent data, judge per period, or use features relative to the price',
  ),
  'feature-shift': note(
    'a feature whose distribution has moved from that of the first month',
    'keep it in mind when a model is judged on the later months',
  ),

  'features-missing': warning(
    'a day without its file of stationary features',
    'ingest the day again; until then `--features stationary` is refused for it',
  ),
  'features-other-minutes': error('a feature file is not of the same minutes as its bars', REINGEST),
  'features-differ': error('a feature file contradicts the bars beside it', REPORT_BUG),

  'return-wrong': error('log_ret_close does not follow from the closes of the two bars', REPORT_BUG),
  'return-missing': warning(
    'a bar without return though the minute before it is there and complete',
    'the day was ingested before the one that precedes it: ingest it again',
  ),
  'return-unverifiable': note(
    'a bar with a return whose previous minute is not stored',
    'the previous minute was there at ingest and is not now; nothing to do if that was meant',
  ),
  'return-none': note(
    'complete bars without a previous close, hence without return',
    'each gap costs the bar after it; model input leaves them out',
  ),

  'gap-no-file': warning(
    'minutes of days without a file',
    'ingest the missing days, if there is a source for them',
  ),
  'gap-damaged-file': warning(
    'minutes lost with damaged input files',
    'fetch the input files again and ingest them; the good part is already there',
  ),
  'gap-unreadable-file': warning('minutes in day files that cannot be used', REINGEST),
  'gap-sequence-gap': warning(
    'minutes spoilt by lost messages',
    'fetch the input again if it has a better copy; otherwise nothing: the minutes are left out',
  ),
  'gap-quarantined-lines': warning(
    'minutes spoilt by lines that could not be understood',
    'look at the lines named in the manifest; fetch the input again if it is damaged',
  ),
  'gap-crossed-book': warning(
    'minutes in which bid met ask',
    'some message was not what it seemed; look at the input around the first of them',
  ),
  'gap-silence': note(
    'minutes without a message while the recording ran',
    'normal on quiet markets; look at the long ones: the venue may have halted or the recorder hung',
  ),
  'gap-long-silence': warning(
    'an hour or more without a message while the recording ran',
    'the venue was down or the recorder hung: compare with another source',
  ),
  'gap-few-samples': note(
    'minutes with a single one-second sample',
    'normal on quiet markets; they have no volatility and are left out',
  ),
  'gap-stream-end': note(
    'minutes cut by the end of the recording',
    'ingest the recording that continues, if there is one',
  ),
  'gap-not-recorded': note(
    'minutes before the data begins or after it ends',
    'nothing, unless more of these days exists',
  ),
  'gap-unexplained': warning(
    'missing or incomplete minutes that no ingest manifest explains',
    'ingest the days again: without a manifest nobody can tell a quiet minute from a lost one',
  ),

  'manifest-none': warning(
    'no ingest manifest beside the bars',
    'where the bars came from is unknown: ingest them again',
  ),
  'manifest-unreadable': warning(
    'an ingest manifest that cannot be read',
    'ingest its inputs again, or remove it',
  ),
  'day-without-manifest': warning('a day that no ingest manifest knows', REINGEST),
  'hash-none': note(
    'day files of which no manifest records a hash',
    'a change made after ingest would show only where it breaks another check',
  ),
  'input-damaged': warning(
    'an input file was damaged',
    'fetch it again and ingest it; what lies before the damage is kept',
  ),
  'lines-quarantined': warning(
    'input lines that could not be understood',
    'look at the first of them: a few are harmless, many mean a wrong format',
  ),
  'snapshot-disagrees': error(
    'a venue snapshot differs from the book rebuilt up to it',
    'changes were lost without a break in sequence: fetch the input again and ingest it',
  ),
  'snapshot-none': note(
    'no end-of-day snapshot to check the rebuilt book against',
    'recordings have none; Bybit day archives do',
  ),
  'folder-stray': note(
    'files in the folder of the bars that are not bars',
    'remove them when nothing is being written: they may be left from a killed ingest',
  ),
} as const satisfies Record<string, Meaning>;

export type FindingKind = keyof typeof MEANINGS;

const MAX_PLACES = 20;

/** Gathers findings: one per kind, with an exact count and the first places. */
export class FindingLog {
  readonly #found = new Map<FindingKind, { count: number; readonly places: Place[] }>();
  readonly #faultyFiles = new Set<string>();

  /** `count` is how many things the place stands for. */
  add(kind: FindingKind, place: Place, count = 1): void {
    let found = this.#found.get(kind);
    if (found === undefined) this.#found.set(kind, (found = { count: 0, places: [] }));
    found.count += count;
    if (found.places.length < MAX_PLACES) found.places.push(place);
    if (MEANINGS[kind].severity === 'error' && place.file !== undefined) this.#faultyFiles.add(place.file);
  }

  /** Files with at least one error. */
  get faultyFiles(): ReadonlySet<string> {
    return this.#faultyFiles;
  }

  /** Gravest first. */
  get findings(): readonly Finding[] {
    const findings: Finding[] = [];
    for (const [check, { count, places }] of this.#found) {
      const { severity, what, todo } = MEANINGS[check];
      findings.push({ check, severity, what, count, places, todo });
    }
    return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  }
}
