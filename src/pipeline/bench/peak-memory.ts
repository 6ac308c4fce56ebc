import { readFileSync } from 'node:fs';

/**
 * Largest resident set of this process, in bytes. Linux's `maxRSS` is no use in a child process: it starts at what the
 * parent had. The high-water mark of the process's own memory does not.
 */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1_024;
  const [, kibibytes = 'NaN'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}
