"""Makes the golden file that the backtest is judged by, from vectorbt.

    pip install vectorbt
    python bench/peers/vectorbt_golden.py

Writes src/trading/backtest/golden/vectorbt.json: candles of a seeded random walk, signals, targets, and what vectorbt makes of
them. Its sha256 stands in the test that reads it.
"""

import json
import pathlib

import numpy as np
import vectorbt as vbt
from vectorbt_peer import COLUMNS, crossover_codes, metrics_of, run_case, trades_of

TARGET = pathlib.Path(__file__).resolve().parents[2] / "src/trading/backtest/golden/vectorbt.json"
ROWS = 400
BASE = {"execution": "close", "fee": 0.0005, "slippage": 0.0002, "initialCash": 10_000}
CASES = [
    {"name": "long", "signals": "long"},
    {"name": "short", "signals": "short"},
    {"name": "both", "signals": "both"},
    {"name": "contradictions", "signals": "random"},
    {"name": "at the next open", "signals": "random", "execution": "next-open"},
    {"name": "the same money each time", "signals": "random", "notional": 500},
    {"name": "stop", "signals": "random", "notional": 500, "stopLoss": 0.01},
    {"name": "trailing stop", "signals": "random", "notional": 500, "trailingStop": 0.012},
    {"name": "take-profit", "signals": "random", "notional": 500, "takeProfit": 0.008},
    {"name": "stop and take-profit", "signals": "random", "stopLoss": 0.006, "takeProfit": 0.012, "slippage": 0},
    {"name": "targets", "targets": "targets"},
    {"name": "targets at the next open", "targets": "targets", "execution": "next-open"},
]


def candles_of(rng):
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, ROWS)))
    open_ = np.concatenate([[100], close[:-1]]) * np.exp(rng.normal(0, 0.001, ROWS))
    columns = {
        "time": 1_735_689_600_000 + 300_000 * np.arange(ROWS),
        "open": np.round(open_, 2),
        "close": np.round(close, 2),
    }
    top = np.maximum(columns["open"], columns["close"])
    bottom = np.minimum(columns["open"], columns["close"])
    columns["high"] = np.round(top * (1 + rng.exponential(0.002, ROWS)), 2)
    columns["low"] = np.round(bottom * (1 - rng.exponential(0.002, ROWS)), 2)
    columns["volume"] = np.ones(ROWS)
    return {name: columns[name] for name in COLUMNS}


def main():
    vbt.settings["engine"] = "numba"
    rng = np.random.default_rng(7)
    candles = candles_of(rng)
    signals = {name: crossover_codes(candles["close"], 5, 20, name) for name in ("long", "short", "both")}
    signals["random"] = sum((rng.random(ROWS) < 0.06) * code for code in (1, 2, 4, 8))
    targets = np.where(rng.random(ROWS) < 0.1, np.round(rng.uniform(-0.9, 0.9, ROWS), 2), np.nan)
    targets[rng.random(ROWS) < 0.03] = 0
    cases = []
    for extra in CASES:
        case = {**BASE, **extra}
        is_target = "targets" in case
        portfolio = run_case(
            case, candles, None if is_target else signals[case["signals"]], targets if is_target else None
        )
        cases.append(
            {
                **case,
                "trades": trades_of(portfolio, is_target).tolist(),
                "equity": portfolio.value().to_numpy()[::20].tolist(),
                "metrics": metrics_of(portfolio, is_target),
            }
        )
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(
        json.dumps(
            {
                "source": f"vectorbt {vbt.__version__}, Apache-2.0 with Commons Clause; made by bench/peers/vectorbt_golden.py",
                "candles": {name: values.tolist() for name, values in candles.items()},
                "signals": {name: values.tolist() for name, values in signals.items()},
                "targets": [None if np.isnan(value) else value for value in targets],
                "cases": cases,
            }
        )
    )


main()
