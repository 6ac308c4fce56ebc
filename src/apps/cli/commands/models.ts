import type { Command } from 'commander';
import { listModels } from '../../../platform/storage/index.ts';
import { define } from '../invocation.ts';
import { textTable } from '../output.ts';

export function registerModels(program: Command): void {
  const models = program.command('models').description('the registry of trained models');
  define(models.command('list').description('every version of every model'), {
    recorded: false,
    example: 'tidemark models list --json',
    run: async ({ config, output }) => {
      const manifests = await listModels(config.dataDir);
      if (manifests.length === 0) {
        output.line(
          `no models in ${config.dataDir}/models: run \`tidemark train base\` or \`tidemark demo\``,
        );
      } else {
        const rows = manifests.map((m) => [
          `${m.name}@${m.version}`,
          m.kind,
          `${m.data.venue} ${m.data.symbol}${m.data.synthetic ? ' (synthetic)' : ''}`,
          m.label.name,
          String(m.sequenceLength),
          m.createdAt.slice(0, 16).replace('T', ' '),
        ]);
        output.line(textTable(['model', 'kind', 'data', 'label', 'window', 'created (UTC)'], rows));
      }
      return manifests;
    },
  });
}
