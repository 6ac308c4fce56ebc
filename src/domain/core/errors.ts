/** The four ways in which something goes wrong; every error says what, where, and what to do. */

export interface ErrorContext {
  readonly [key: string]: string | number | boolean | null | undefined;
}

interface TidemarkErrorOptions {
  readonly code: string;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

abstract class TidemarkError extends Error {
  readonly code: string;
  readonly context: ErrorContext;

  constructor(message: string, options: TidemarkErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.context = options.context ?? {};
  }
}

/** A broken promise inside the program: crash, do not continue. */
export class InvariantError extends TidemarkError {}

/** Input data that cannot be used: quarantine and count, keep the good data beside it. Exit code 3. */
export class DataError extends TidemarkError {}

/** The world is momentarily not as it should be; trying again may help. */
export class TransientError extends TidemarkError {
  readonly retryAfterMs: number;

  constructor(message: string, options: TidemarkErrorOptions & { readonly retryAfterMs: number }) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface ConfigProblem {
  /** Path of the field or flag, such as `base.channels` or `--symbol`. */
  readonly path: string;
  readonly message: string;
}

/** Wrong usage or configuration: all problems at once. Exit code 2. */
export class ConfigError extends TidemarkError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options: Partial<TidemarkErrorOptions> = {}) {
    super(problems.map((p) => `${p.path}: ${p.message}`).join('\n'), {
      code: 'CONFIG_INVALID',
      ...options,
    });
    this.problems = problems;
  }
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(
  condition: boolean,
  message: string,
  context: ErrorContext = {},
): asserts condition {
  if (!condition) throw new InvariantError(message, { code: 'INVARIANT', context });
}
