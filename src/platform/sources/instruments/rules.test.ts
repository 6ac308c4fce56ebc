import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Behaviour } from '../remote/fault-server.ts';
import {
  answer,
  BRACKETS,
  BYBIT_INFO,
  BYBIT_RISK,
  ExchangeScene,
  SPOT_INFO,
  USDM_INFO,
} from './exchange.fixture.ts';
import { fetchRules, readRuleFiles } from './read-rules.ts';

const scene = new ExchangeScene();

describe('rules from the exchange', () => {
  it('are those of USD-M futures, whose margin tiers are not public', async () => {
    scene.server.script('/fapi/v1/exchangeInfo', answer(USDM_INFO));
    const { rules, spec } = await fetchRules(scene.rest('binance-usdm'), 'BTCUSDT');
    assert.deepEqual(
      [
        rules.contract,
        rules.tick.value,
        rules.lot.value,
        rules.minQtyLots,
        rules.maxQtyLots,
        rules.minNotional,
      ],
      ['perpetual', 0.01, 0.001, 1, 1e6, 5],
    );
    assert.equal(rules.maxMarketQtyLots, 120_000);
    assert.deepEqual(spec.marginTiers, []);
  });

  it('are those of spot, in the names that it has for them', async () => {
    scene.server.script('/api/v3/exchangeInfo', answer(SPOT_INFO));
    const { rules } = await fetchRules(scene.rest('binance-spot'), 'BTCUSDT');
    assert.deepEqual(
      [
        rules.contract,
        rules.tick.text,
        rules.lot.text,
        rules.minQtyLots,
        rules.maxMarketQtyLots,
        rules.minNotional,
      ],
      ['spot', '0.01', '0.00001', 1, 7_135_735, 5],
    );
  });

  it('are those of Bybit with its tiers, shares or per cent', async () => {
    const percent = JSON.parse(JSON.stringify(BYBIT_RISK), (key, value: unknown) =>
      key === 'maintenanceMargin' || key === 'initialMargin' ? String(100 * Number(value)) : value,
    ) as unknown;
    for (const risk of [BYBIT_RISK, percent]) {
      scene.server.script('/v5/market/instruments-info', answer(BYBIT_INFO));
      scene.server.script('/v5/market/risk-limit', answer(risk));
      const { rules, origins } = await fetchRules(scene.rest('bybit-linear'), 'BTCUSDT');
      assert.deepEqual([rules.contract, rules.tick.text, rules.maxQtyLots], ['perpetual', '0.1', 1_190_000]);
      const [first, second] = rules.marginTiers;
      assert.deepEqual([first!.upToNotional, second!.upToNotional], [2e6, 2.6e6]);
      assert.ok(Math.abs(first!.maintenanceRate - 0.005) < 1e-15 && first!.deduction === 0);
      // 2,000,000 · (0.0056 − 0.005)
      assert.ok(
        Math.abs(second!.maintenanceRate - 0.0056) < 1e-15 && Math.abs(second!.deduction - 1_200) < 1e-6,
      );
      assert.equal(origins.length, 2);
    }
  });

  it('say what is wrong: symbol, filter, field, place', async () => {
    const info = (symbol: object): unknown => ({ symbols: [{ ...USDM_INFO.symbols[0], ...symbol }] });
    const filters = (change: (filter: Readonly<Record<string, string>>) => object | null): object => ({
      filters: USDM_INFO.symbols[0]!.filters.map((filter) => change(filter as Record<string, string>)).filter(
        (f) => f !== null,
      ),
    });
    const cases: readonly (readonly [string, unknown, RegExp])[] = [
      ['NOUSDT', USDM_INFO, /\/fapi\/v1\/exchangeInfo: NOUSDT is not among its 2 instruments/],
      [
        'BTCUSDT',
        info(filters((f) => (f['filterType'] === 'PRICE_FILTER' ? null : f))),
        /BTCUSDT has no tickSize in a filter PRICE_FILTER/,
      ],
      [
        'BTCUSDT',
        info(filters((f) => ({ ...f, tickSize: '0' }))),
        /BTCUSDT: tickSize: "0" is not a step above 0/,
      ],
      [
        'BTCUSDT',
        info(filters((f) => ({ ...f, minQty: '0.0001' }))),
        /minQty: "0.0001" is not a multiple of lotSize 0.001/,
      ],
      ['BTCUSDT', info({ contractType: '' }), /contractType "", which is not known/],
      ['BTCUSDT', SPOT_INFO, /BTCUSDT is of binance-spot, not of binance-usdm/],
      ['BTCUSDT', { hello: 1 }, /is neither an answer of exchangeInfo/],
    ];
    for (const [symbol, value, message] of cases) {
      scene.server.script('/fapi/v1/exchangeInfo', answer(value));
      await assert.rejects(fetchRules(scene.rest('binance-usdm'), symbol), { name: 'DataError', message });
    }
  });

  it('tell an unknown symbol in the exchange’s own words', async () => {
    const invalid: Behaviour = (_request, response) => {
      response.writeHead(400).end('{"code":-1121,"msg":"Invalid symbol."}');
    };
    scene.server.script('/api/v3/exchangeInfo', invalid);
    await assert.rejects(
      fetchRules(scene.rest('binance-spot'), 'NOUSDT'),
      /symbol NOUSDT: the exchange refuses \(Invalid symbol\.\)/,
    );
    scene.server.script(
      '/v5/market/instruments-info',
      answer({ retCode: 10001, retMsg: 'params error', result: {} }),
    );
    await assert.rejects(fetchRules(scene.rest('bybit-linear'), 'NOUSDT'), /answers 10001 \(params error\)/);
  });
});

describe('rules from files', () => {
  const wanted = { venue: 'binance-usdm', symbol: 'BTCUSDT' } as const;

  it('are the exchange’s answers, told by content, brackets beside them', async () => {
    const files = [
      scene.file('brackets.json', JSON.stringify(BRACKETS)),
      scene.file('info.json', JSON.stringify(USDM_INFO)),
    ];
    const { rules } = await readRuleFiles(files, wanted);
    assert.equal(rules.tick.text, '0.01');
    assert.deepEqual(rules.marginTiers, [
      { upToNotional: 50_000, maintenanceRate: 0.004, deduction: 0 },
      { upToNotional: 250_000, maintenanceRate: 0.005, deduction: 50 },
    ]);
    await assert.rejects(readRuleFiles(files.slice(0, 1), wanted), /margin tiers alone/);
  });

  it('are our own format, with deductions told or worked out', async () => {
    const yaml = `
instruments:
  - { venue: bybit-linear, symbol: BTCUSDT, contract: perpetual, tickSize: 0.5, lotSize: 0.01, minQty: 0.01 }
  - venue: binance-usdm
    symbol: BTCUSDT
    contract: perpetual
    tickSize: 0.1
    lotSize: '0.001'
    minQty: 0.002
    minNotional: 100
    marginTiers:
      - { upToNotional: 50000, maintenanceRate: 0.004 }
      - { upToNotional: null, maintenanceRate: 0.005 }
`;
    const { rules } = await readRuleFiles([scene.file('own.yaml', yaml)], wanted);
    assert.deepEqual(
      [
        rules.tick.text,
        rules.minQtyLots,
        rules.maxQtyLots,
        rules.minNotional,
        rules.marginTiers[1]!.deduction,
      ],
      ['0.1', 2, null, 100, 50],
    );
    const typo = scene.file('typo.yaml', yaml.replace('minNotional', 'minNotionl'));
    await assert.rejects(readRuleFiles([typo], wanted), /typo\.yaml: BTCUSDT is not whole:[^]*minNotionl/);
    await assert.rejects(
      readRuleFiles([path.join(scene.folder, 'none.yaml')], wanted),
      /none\.yaml: no such file/,
    );
  });

  const RECORDED = new URL(
    '../../../../../shared/data/l2/binance-usdm-combined/BINANCE_FUTURES.0',
    import.meta.url,
  );
  const isHere = (() => {
    try {
      readFileSync(RECORDED);
      return true;
    } catch {
      return false;
    }
  })();

  it(
    'are those of the recorded answer of 2021',
    { skip: !isHere && 'the recorded answer is not here' },
    async () => {
      const [line = ''] = readFileSync(RECORDED, 'utf8').split('\n');
      const info = scene.file('recorded.json', line.slice(line.indexOf('{')));
      const names = (JSON.parse(readFileSync(info, 'utf8')) as typeof USDM_INFO).symbols;
      assert.equal(names.length, 122);
      let perpetuals = 0;
      for (const { symbol, contractType } of names) {
        if (contractType === '') continue;
        const { rules } = await readRuleFiles([info], { venue: 'binance-usdm', symbol });
        assert.ok(
          rules.tick.value > 0 && rules.lot.value > 0 && rules.minQtyLots >= 1 && rules.minNotional === 5,
        );
        assert.ok(rules.maxQtyLots! >= rules.minQtyLots && rules.maxMarketQtyLots! >= rules.minQtyLots);
        if (rules.contract === 'perpetual') perpetuals++;
      }
      assert.ok(perpetuals > 100, `${perpetuals} perpetuals`);
      const { rules } = await readRuleFiles([info], { venue: 'binance-usdm', symbol: 'BTCUSDT' });
      assert.deepEqual([rules.tick.text, rules.lot.text, rules.maxQtyLots], ['0.01', '0.001', 1_000_000]);
    },
  );
});
