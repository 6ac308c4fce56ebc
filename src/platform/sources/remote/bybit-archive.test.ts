import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../domain/core/index.ts';
import { planBybitArchive } from './bybit-archive.ts';

describe('planBybitArchive', () => {
  it('names each day once, both ends included, in the depth of its time first', () => {
    const plan = planBybitArchive({ symbol: 'btcusdt', fromDay: '2025-08-20', toDay: '2025-08-21' });
    const base = 'https://quote-saver.bycsi.com/orderbook/linear/BTCUSDT';
    assert.deepEqual(
      plan.map((input) => input.kind === 'http' && input.urls.map((url) => url.requestUrl)),
      [
        [`${base}/2025-08-20_BTCUSDT_ob500.data.zip`, `${base}/2025-08-20_BTCUSDT_ob200.data.zip`],
        [`${base}/2025-08-21_BTCUSDT_ob200.data.zip`, `${base}/2025-08-21_BTCUSDT_ob500.data.zip`],
      ],
    );
  });

  it('counts leap days, and takes a mirror', () => {
    const range = {
      symbol: 'X1',
      fromDay: '2024-02-28',
      toDay: '2024-03-01',
      baseUrl: 'http://mirror/a/?k=1',
    };
    const plan = planBybitArchive(range);
    assert.equal(plan.length, 3);
    assert.equal(plan[1]!.origin, 'http://mirror/a/X1/2024-02-29_X1_ob500.data.zip?…');
  });

  it('names everything that is wrong at once', () => {
    const range = { symbol: '../X', fromDay: '2025-02-30', toDay: 'yesterday', baseUrl: 'ftp://host' };
    assert.throws(
      () => planBybitArchive(range),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.problems.map((problem) => problem.path),
          ['--symbol', '--base-url', '--from', '--to'],
        );
        return true;
      },
    );
    const reversed = { symbol: 'X1', fromDay: '2025-01-02', toDay: '2025-01-01' };
    assert.throws(() => planBybitArchive(reversed), /--to: 2025-01-01 is before --from 2025-01-02/);
  });
});
