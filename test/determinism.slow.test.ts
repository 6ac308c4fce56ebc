/** Same seed, same bytes; the test period and chance teach a model nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_LABEL, Random } from '../src/domain/core/index.ts';
import { decide } from '../src/domain/validation/index.ts';
import { CLASS_COUNT } from '../src/domain/core/index.ts';
import { confusionMatrix, macroF1Of } from '../src/domain/math/index.ts';
import {
  developmentSplit,
  evaluate,
  labelSymbol,
  modelReference,
  resolveLabel,
} from '../src/pipeline/index.ts';
