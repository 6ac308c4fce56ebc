/** For tests: answers in the shape that exchanges give them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import type { VenueName } from '../../../domain/market/index.ts';
import { type Behaviour, FaultServer, type TestNetwork, testNetwork } from '../remote/fault-server.ts';
import { ExchangeJson } from './exchange-json.ts';

/** An exchange on the loopback and a folder for files; new for each test. */
export class ExchangeScene {
  folder = '';
  server!: FaultServer;
  world!: TestNetwork;

  constructor() {
    beforeEach(async () => {
      this.folder = mkdtempSync(path.join(tmpdir(), 'tidemark-instruments-'));
      this.server = await FaultServer.start();
      this.world = testNetwork();
    });
    afterEach(async () => {
      await this.server.stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  readonly rest = (venue: VenueName): ExchangeJson =>
    new ExchangeJson({ venue, baseUrl: this.server.origin, network: this.world.network });

  readonly file = (name: string, content: string | Buffer): string => {
    const place = path.join(this.folder, name);
    writeFileSync(place, content);
    return place;
  };
}

export const answer =
  (value: unknown): Behaviour =>
  (_request, response) => {
    response.end(JSON.stringify(value));
  };

export const USDM_INFO = {
  timezone: 'UTC',
  rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2400 }],
  symbols: [
    {
      symbol: 'BTCUSDT',
      contractType: 'PERPETUAL',
      status: 'TRADING',
      maintMarginPercent: '2.5000',
      filters: [
        { minPrice: '556.72', maxPrice: '1000000', filterType: 'PRICE_FILTER', tickSize: '0.01' },
        { stepSize: '0.001', filterType: 'LOT_SIZE', maxQty: '1000', minQty: '0.001' },
        { stepSize: '0.001', filterType: 'MARKET_LOT_SIZE', maxQty: '120', minQty: '0.001' },
        { notional: '5', filterType: 'MIN_NOTIONAL' },
      ],
    },
    { symbol: 'BTCUSDT_260327', contractType: 'CURRENT_QUARTER', filters: [] },
  ],
};

export const SPOT_INFO = {
  symbols: [
    {
      symbol: 'BTCUSDT',
      status: 'TRADING',
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000.00', tickSize: '0.01000000' },
        { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
        {
          filterType: 'MARKET_LOT_SIZE',
          minQty: '0.00000000',
          maxQty: '71.35735150',
          stepSize: '0.00000000',
        },
        { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true },
      ],
    },
  ],
};

export const BRACKETS = [
  {
    symbol: 'BTCUSDT',
    brackets: [
      {
        bracket: 1,
        initialLeverage: 125,
        notionalCap: 50_000,
        notionalFloor: 0,
        maintMarginRatio: 0.004,
        cum: 0,
      },
      {
        bracket: 2,
        initialLeverage: 100,
        notionalCap: 250_000,
        notionalFloor: 50_000,
        maintMarginRatio: 0.005,
        cum: 50,
      },
    ],
  },
];

const bybit = (list: readonly unknown[]): unknown => ({
  retCode: 0,
  retMsg: 'OK',
  result: { category: 'linear', list, nextPageCursor: '' },
  retExtInfo: {},
  time: 1_707_186_451_514,
});

export const BYBIT_INFO = bybit([
  {
    symbol: 'BTCUSDT',
    contractType: 'LinearPerpetual',
    status: 'Trading',
    leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
    priceFilter: { minPrice: '0.10', maxPrice: '199999.80', tickSize: '0.10' },
    lotSizeFilter: {
      maxOrderQty: '1190.000',
      minOrderQty: '0.001',
      qtyStep: '0.001',
      maxMktOrderQty: '500.000',
      minNotionalValue: '5',
    },
    fundingInterval: 480,
  },
]);

export const BYBIT_RISK = bybit([
  {
    id: 2,
    symbol: 'BTCUSDT',
    riskLimitValue: '2600000',
    maintenanceMargin: '0.0056',
    initialMargin: '0.0111',
    isLowestRisk: 0,
    maxLeverage: '90.00',
    mmDeduction: '1200',
  },
  {
    id: 1,
    symbol: 'BTCUSDT',
    riskLimitValue: '2000000',
    maintenanceMargin: '0.005',
    initialMargin: '0.01',
    isLowestRisk: 1,
    maxLeverage: '100.00',
    mmDeduction: '',
  },
]);

export const EIGHT_HOURS_MS = 8 * 3_600_000;

const asked = (url: string | undefined, name: string): number =>
  Number(new URL(url ?? '/', 'http://stand.in').searchParams.get(name));

/** The stamps of settlements every eight hours that a request asks for, some milliseconds late as exchanges are. */
function stamps(url: string | undefined): readonly number[] {
  const [from, to] = [asked(url, 'startTime'), asked(url, 'endTime')];
  const first = Math.floor(from / EIGHT_HOURS_MS) * EIGHT_HOURS_MS;
  return Array.from({ length: 2_000 }, (_, i) => first + i * EIGHT_HOURS_MS + (i % 7)).filter(
    (time) => time >= from && time <= to,
  );
}

const rateAt = (stamp: number): string =>
  Math.round(stamp / EIGHT_HOURS_MS) % 2 === 0 ? '0.00010000' : '-0.00002500';

/** As `GET /fapi/v1/fundingRate`: the oldest first. */
export const binanceFunding: Behaviour = ({ url }, response) => {
  const rows = stamps(url).slice(0, asked(url, 'limit'));
  response.end(
    JSON.stringify(
      rows.map((fundingTime) => ({
        symbol: 'BTCUSDT',
        fundingTime,
        fundingRate: rateAt(fundingTime),
        markPrice: '',
      })),
    ),
  );
};

/** As `GET /v5/market/funding/history`: the newest first, times as text. */
export const bybitFunding: Behaviour = ({ url }, response) => {
  const rows = stamps(url).toReversed().slice(0, asked(url, 'limit'));
  response.end(
    JSON.stringify(
      bybit(
        rows.map((time) => ({
          symbol: 'BTCUSDT',
          fundingRate: rateAt(time),
          fundingRateTimestamp: String(time),
        })),
      ),
    ),
  );
};
