import type { Command } from 'commander';
import { importModel } from '../../../pipeline/index.ts';
import { type AnyModelManifest, listModels } from '../../../platform/storage/index.ts';
import { define } from '../invocation.ts';
import { textTable } from '../output.ts';

export function registerModels(program: Command): void {
  const models = program.command('models').description('the registry of models');
  defineList(models.command('list').description('every version of every model'));
  defineImport(
    models
      .command('import')
      .description('weights of another program (safetensors) → base model artifact')
      .requiredOption('--weights <file.safetensors>', 'every weight, and the scaler’s mean and scale')
      .requiredOption('--name <name>', 'name of the model')
      .option('--map <file.json>', 'rules for names that are not known; see docs/guides/models.md'),
  );
}

function defineList(command: Command): void {
  define(command, {
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
          dataText(m),
          'label' in m ? m.label.name : `${m.encoder} ${m.task}`,
          String(m.sequenceLength),
          m.createdAt.slice(0, 16).replace('T', ' '),
        ]);
        output.line(textTable(['model', 'kind', 'data', 'label or task', 'window', 'created (UTC)'], rows));
      }
      return manifests;
    },
  });
}

const dataText = ({ data }: AnyModelManifest): string =>
  data === null
    ? 'unknown (imported)'
    : `${data.venue} ${[data, ...(data.companions ?? [])].map(({ symbol }) => symbol).join('+')}${data.synthetic ? ' (synthetic)' : ''}`;

function defineImport(command: Command): void {
  define(command, {
    groups: ['label', 'features', 'network'],
    example:
      'tidemark models import --weights quantgod.safetensors --name quantgod --features quantgod-9-samples --channels 64 --hidden 256 --layers 2',
    run: async ({ config, output, options, signal, runId }) => {
      const result = await output.stage(
        'Importing weights',
        () =>
          importModel({
            config,
            runId,
            signal,
            createdAt: new Date().toISOString(),
            name: options['name'] as string,
            weights: options['weights'] as string,
            map: options['map'] as string | undefined,
          }),
        (r) => `${r.parameters.toLocaleString('en')} parameters`,
      );
      output.line(
        `model ${result.model}: what it was trained on is not known here, and nothing has judged it`,
      );
      return result;
    },
  });
}
