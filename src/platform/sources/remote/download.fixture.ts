/** A server full of faults, a folder to download into, and the questions that tests of downloads ask. For tests. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { Random } from '../../../domain/core/index.ts';
import type { DownloadOutcome } from './download-outcome.ts';
import { FaultServer, type TestNetwork, testNetwork } from './fault-server.ts';
import { download, type DownloadOptions } from './http-download.ts';
import { DEFAULT_HTTP_LIMITS } from './network.ts';
import { RemoteUrl } from './remote-url.ts';

export function randomBytes(count: number, seed: number): Buffer {
  const random = Random.fromSeed(seed);
  return Buffer.from(Uint8Array.from({ length: count }, () => random.integer(256)));
}

export const BYTES = randomBytes(300_000, 1);
export const NEXT_BYTES = randomBytes(280_000, 2);
export const ETAG = { etag: '"one"' };
export const HALF = 150_000;

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export const rejection = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => assert.fail('should have failed'),
    (error: unknown) => error,
  );

/** A new one for each test of the `describe` in which it is made. */
export class DownloadScene {
  folder = '';
  target = '';
  server!: FaultServer;
  world!: TestNetwork;

  constructor() {
    beforeEach(async () => {
      this.folder = mkdtempSync(path.join(tmpdir(), 'tidemark-download-'));
      this.target = path.join(this.folder, 'day.zip');
      this.server = await FaultServer.start();
      this.world = testNetwork();
    });
    afterEach(async () => {
      await this.server.stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  readonly fetchDay = (options: Partial<DownloadOptions> = {}): Promise<DownloadOutcome> =>
    download({
      network: this.world.network,
      limits: DEFAULT_HTTP_LIMITS,
      url: RemoteUrl.parse(`${this.server.origin}/day.zip`)!,
      target: this.target,
      ...options,
    });

  /** Breaks all connections as soon as so many bytes are in hand, once. */
  readonly hangUpAt = (count: number): { readonly onBytes: (bytes: number) => void } => {
    let isDone = false;
    return {
      onBytes: (bytes) => {
        if (isDone || bytes < count) return;
        isDone = true;
        this.server.hangUp();
      },
    };
  };

  readonly rangesAsked = (): readonly (string | undefined)[] =>
    this.server.requestsFor('/day.zip').map(({ headers }) => headers.range);

  readonly assertWhole = (bytes: Buffer): void => {
    assert.ok(readFileSync(this.target).equals(bytes), 'byte for byte');
    assert.deepEqual(readdirSync(this.folder).toSorted(), ['.day.zip.json', 'day.zip']);
  };

  readonly assertNothingLeft = (): void => assert.deepEqual(readdirSync(this.folder), []);
}
