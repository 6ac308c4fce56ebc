import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, DataError, TransientError } from '../../domain/core/index.ts';
import { explainDiskError } from './disk-error.ts';

const failed = (code: string, message: string, path?: string): Error =>
  Object.assign(new Error(message), { code, syscall: 'write' }, path === undefined ? {} : { path });

describe('explainDiskError', () => {
  it('calls a full disk momentary, whoever met it', () => {
    for (const error of [
      failed('ENOSPC', 'ENOSPC: no space left on device, write'),
      failed('EDQUOT', 'EDQUOT: disk quota exceeded, write', 'data/bars/x'),
      new Error(
        'IO Error: Could not write all bytes to file "x": wanted=8 wrote=-1: No space left on device',
      ),
      new Error('database or disk is full'),
    ]) {
      const explained = explainDiskError(error, 'data');
      assert.ok(explained instanceof TransientError);
      assert.equal(explained.code, 'DISK_FULL');
      assert.match(
        explained.message,
        /^data: no room left to write \(.+\); .* run the same command again\.$/,
      );
    }
  });

  it('calls a folder that cannot be written a wrong setting', () => {
    for (const error of [
      failed('EROFS', "EROFS: read-only file system, mkdir 'data/bars'", 'data/bars'),
      failed('EEXIST', "EEXIST: file already exists, mkdir 'data'", 'data'),
      Object.assign(failed('ENOENT', "ENOENT: no such file or directory, mkdir 'data'", 'data'), {
        syscall: 'mkdir',
      }),
      new Error('attempt to write a readonly database'),
    ]) {
      const explained = explainDiskError(error, 'data');
      assert.ok(explained instanceof ConfigError);
      assert.match(explained.message, /^--data-dir: data cannot be written \(.+\); name another folder$/);
    }
  });

  it('leaves alone what is about other files, and what is explained already', () => {
    for (const error of [
      failed('EACCES', "EACCES: permission denied, open 'input'", 'input'),
      new DataError('input: no space left in it', { code: 'X' }),
      new Error('something else'),
      'no error',
    ]) {
      assert.equal(explainDiskError(error, 'data'), error);
    }
  });
});
