/** The examples run, and the code that the guide to models shows is theirs. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { QUANTGOD_9 } from '../src/domain/features/index.ts';
import { importTcnLstm } from '../src/learning/models/index.ts';

const root = path.resolve(import.meta.dirname, '..');
/** PyTorch's weights, windows and answers; see bench/peers/import_golden.py. */
const golden = (name: string): string => path.join(root, 'src/learning/models/golden', name);

async function run(example: string, ...args: readonly string[]): Promise<string> {
  const file = path.join(root, 'examples', example);
  return (await promisify(execFile)(process.execPath, [file, ...args], { timeout: 60_000 })).stdout;
}

describe('examples', () => {
  it('tiny-classifier trains an operation, a layer and a loss of its own, and says that its data is made up', async () => {
    const said = await run('tiny-classifier.ts');
    assert.match(said, /^SYNTHETIC data, \d+ parameters$/m);
    const accuracy = /^accuracy on unseen SYNTHETIC data: ([\d.]+)/m.exec(said)?.[1];
    assert.ok(Number(accuracy) > 0.8, `accuracy ${accuracy}: guessing gives 0.33`);
  });

  it('serve-node answers as PyTorch does, from the exported file alone', async () => {
    const { model, windows, probabilities } = z
      .object({
        model: z.object({
          channels: z.int(),
          hidden: z.int(),
          layers: z.int(),
          sequenceLength: z.int(),
        }),
        windows: z.array(z.number()),
        probabilities: z.array(z.number()),
      })
      .parse(JSON.parse(await readFile(golden('import.json'), 'utf8')));
    const { onnx } = importTcnLstm({
      safetensors: await readFile(golden('import.safetensors')),
      model: { ...model, dropout: 0 },
      featureNames: QUANTGOD_9,
    });
    const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-example-'));
    try {
      const [modelFile, windowFile] = [path.join(folder, 'model.onnx'), path.join(folder, 'window.json')];
      await writeFile(modelFile, onnx);
      await writeFile(windowFile, JSON.stringify(windows.slice(0, model.sequenceLength * QUANTGOD_9.length)));
      const answer = JSON.parse(await run('serve-node.ts', modelFile, windowFile)) as Record<string, number>;
      assert.deepEqual(Object.keys(answer), ['SELL', 'NEUTRAL', 'BUY']);
      for (const [k, value] of Object.values(answer).entries()) {
        assert.ok(Math.abs(value - probabilities[k]!) <= 1e-6);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are what the guide to models shows', () => {
    const sources = globSync('examples/**/*.{ts,py,html}', { cwd: root }).map((file) =>
      plain(readFileSync(path.join(root, file), 'utf8')),
    );
    const guide = readFileSync(path.join(root, 'docs/guides/models.md'), 'utf8');
    const shown = [...guide.matchAll(/```(?:ts|python|js)\n([\s\S]*?)```/g)].map(([, code]) => code!);
    assert.ok(shown.length >= 7);
    for (const code of shown) {
      assert.ok(
        sources.some((source) => source.includes(plain(code))),
        `in no example:\n${code}`,
      );
    }
  });
});

/** Without indentation, so that a piece of a function or a page can be shown on its own. */
const plain = (code: string): string => code.replaceAll(/^[ \t]+/gm, '').trim();
