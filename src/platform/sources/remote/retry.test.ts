import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DataError, TransientError } from '../../../domain/core/index.ts';
import { testNetwork } from './fault-server.ts';
import { DEFAULT_HTTP_LIMITS } from './network.ts';
import { retryAfterMs, withRetries } from './retry.ts';

const passing = (pauseMs = 0): TransientError =>
  new TransientError('not now', { code: 'BUSY', retryAfterMs: pauseMs });

describe('withRetries', () => {
  it('waits at random below a ceiling that doubles and is bounded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (draw) => {
        const { network, pausesMs } = testNetwork();
        const limits = { ...DEFAULT_HTTP_LIMITS, maxAttempts: 5, baseDelayMs: 100, maxDelayMs: 300 };
        const options = { network: { ...network, random: () => draw }, limits, bytesInHand: () => 0 };
        let attempts = 0;
        const failing = withRetries(() => {
          attempts++;
          return Promise.reject(passing());
        }, options);
        await assert.rejects(failing, TransientError);
        assert.equal(attempts, 5);
        const expected = [100, 200, 300, 300].map((ceilingMs) => Math.ceil(draw * ceilingMs));
        assert.deepEqual(
          pausesMs,
          expected.filter((pauseMs) => pauseMs > 0),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('tries nothing again but a TransientError with a finite pause', async () => {
    const { network } = testNetwork();
    const options = { network, limits: DEFAULT_HTTP_LIMITS, bytesInHand: () => 0 };
    for (const error of [new DataError('bad', { code: 'BAD' }), new TypeError('bug'), passing(Infinity)]) {
      let attempts = 0;
      const failing = withRetries(() => {
        attempts++;
        return Promise.reject(error);
      }, options);
      await assert.rejects(failing, (thrown) => thrown === error);
      assert.equal(attempts, 1);
    }
  });

  it('bounds the attempts of a file that grows by crumbs', async () => {
    const { network } = testNetwork();
    let bytes = 0;
    let attempts = 0;
    const failing = withRetries(
      () => {
        attempts++;
        bytes += 1_000;
        return Promise.reject(passing());
      },
      { network, limits: DEFAULT_HTTP_LIMITS, bytesInHand: () => bytes },
    );
    await assert.rejects(failing, TransientError);
    assert.equal(attempts, DEFAULT_HTTP_LIMITS.maxAttempts);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    assert.equal(retryAfterMs(null, nowMs), 0);
    assert.equal(retryAfterMs('7', nowMs), 7_000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', nowMs), 5_000);
    assert.equal(retryAfterMs('Thu, 01 Jan 2025 00:00:05 GMT', nowMs), 0);
    assert.equal(retryAfterMs('soon', nowMs), 0);
  });
});
