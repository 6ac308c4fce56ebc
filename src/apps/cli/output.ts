/**
 * What a command says and where: one JSON object on stdout with `--json`, otherwise text for people on stdout;
 * progress and notes always on stderr, live on a terminal and as plain lines elsewhere.
 */
import { styleText } from 'node:util';
import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { invariant } from '../../domain/core/index.ts';

/** Reports how far a stage is: `share` in [0, 1], or null when the end is not known. */
export type Report = (share: number | null, text: string) => void;

export interface Output {
  readonly json: boolean;
  /** Text for people on stdout; nothing with `--json`. */
  line(text: string): void;
  /** The one result of the command on stdout; nothing without `--json`. */
  result(value: unknown): void;
  note(text: string): void;
  /** Runs one stage of the work, shows its progress, and ends with `title: summary`. */
  stage<T>(title: string, work: (report: Report) => Promise<T>, summary: (result: T) => string): Promise<T>;
  bold(text: string): string;
  dim(text: string): string;
}

const BAR_WIDTH = 24;
const PLAIN_INTERVAL_MS = 5_000;

export function createOutput(json: boolean): Output {
  const { stdout, stderr } = process;
  return {
    json,
    line: (text) => {
      if (!json) stdout.write(`${text}\n`);
    },
    result: (value) => {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      stderr.write(`${text}\n`);
    },
    stage: (title, work, summary) => runStage({ title, work, summary }),
    bold: (text) => styleText('bold', text, { stream: stdout }),
    dim: (text) => styleText('dim', text, { stream: stdout }),
  };
}

interface Stage<T> {
  readonly title: string;
  readonly work: (report: Report) => Promise<T>;
  readonly summary: (result: T) => string;
}

async function runStage<T>({ title, work, summary }: Stage<T>): Promise<T> {
  const { stderr } = process;
  const live = stderr.isTTY;
  const processOutput = new ProcessOutput(stderr, stderr);
  const startedMs = performance.now();
  let plainMs = startedMs;
  let result: { readonly value: T } | undefined;
  let failure: { readonly error: unknown } | undefined;
  const listr = new Listr(
    [
      {
        title,
        task: async (_, task) => {
          const report: Report = (share, text) => {
            const nowMs = performance.now();
            if (!live && nowMs - plainMs < PLAIN_INTERVAL_MS) return;
            plainMs = nowMs;
            task.output = `${share === null ? '' : bar(share)}${text}`;
          };
          const value = await work(report).catch((error: unknown) => {
            failure = { error };
            // The failure itself is told once, by the command.
            throw new Error('stopped');
          });
          result = { value };
          task.title = `${title}: ${summary(value)} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`;
        },
      },
    ],
    {
      registerSignalListeners: false,
      fallbackRenderer: 'simple',
      fallbackRendererCondition: !live,
      rendererOptions: { logger: new ListrLogger({ processOutput }) },
      fallbackRendererOptions: { logger: new ListrLogger({ processOutput }) },
    },
  );
  try {
    await listr.run();
  } catch (error) {
    throw failure?.error ?? error;
  }
  invariant(result !== undefined, 'a stage that ends without a failure has a result');
  return result.value;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${(100 * share).toFixed(0).padStart(3)} %  `;
}

/** A table for people: first column to the left, the others to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const render = (row: readonly string[]): string =>
    widths
      .map((width, i) => (i === 0 ? (row[i] ?? '').padEnd(width) : (row[i] ?? '').padStart(width)))
      .join('  ');
  return [render(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(render)].join(
    '\n',
  );
}
