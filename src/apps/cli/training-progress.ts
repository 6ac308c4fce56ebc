import type { TrainingObserver } from '../../pipeline/index.ts';
import type { Output, Report } from './output.ts';

/** Between two lines about steps where there is no terminal: epochs are told anyway. */
const PLAIN_INTERVAL_MS = 60_000;

/** Shows steps and epochs of a training, or of several trainings one after the other. */
export function trainingReporter(output: Output, report: Report): TrainingObserver {
  const intervalMs = process.stderr.isTTY ? 0 : PLAIN_INTERVAL_MS;
  let toldMs = performance.now();
  return {
    onNote: (text) => output.note(text),
    onStep: (part, { epoch, epochs, step, steps, loss, secondsLeft }) => {
      const nowMs = performance.now();
      if (nowMs - toldMs < intervalMs) return;
      toldMs = nowMs;
      report(
        (epoch - 1 + step / steps) / epochs,
        `${part}: epoch ${epoch} of ${epochs}, step ${step} of ${steps}, loss ${loss.toFixed(4)}, at most ${durationText(secondsLeft)} left`,
      );
    },
    onEpoch: (part, { epoch, trainLoss, macroF1 }, epochs) =>
      report(
        epoch / epochs,
        `${part}: epoch ${epoch} of ${epochs}, loss ${trainLoss.toFixed(4)}${Number.isNaN(macroF1) ? '' : `, macro-F1 ${macroF1.toFixed(3)}`}`,
      ),
  };
}

/** `45 s`, `3 min 20 s`, `2 h 05 min` */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
