/** What was unpacked is not what was packed, and nobody can tell where: the one damage that nothing can be kept of. */
import { DataError } from '../../domain/core/index.ts';

export const CONTENT_CHANGED = 'CONTENT_CHANGED';

export function contentChanged(path: string, finding: string, cause?: unknown): DataError {
  return new DataError(
    `${path}: ${finding}; which of its bytes are wrong cannot be told, so nothing of the file is kept. ` +
      'Download the file again.',
    { code: CONTENT_CHANGED, context: { file: path }, cause },
  );
}
