"""Makes the golden file that the backtest is judged by, from vectorbt.

    pip install vectorbt
    python bench/peers/vectorbt_golden.py

Writes src/trading/backtest/golden/vectorbt.json: candles of a seeded random walk, signals, targets, and what vectorbt makes of
them. Its sha256 stands in the test that reads it.
"""

import json
import pathlib

import numpy as np
import pandas as pd
import vectorbt as vbt
from vectorbt_peer import (
    COLUMNS,
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    TRADE_FIELDS,
    crossover_codes,
    metrics_of,
    run_case,
    trades_of,
)

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
# Three symbols on one account: the candles, their inverse, and both backwards; `missing` are rows that the second lacks.
LONG_ONLY = ENTER_LONG | EXIT_LONG
PORTFOLIO_CASES = [
    {"name": "all of the money, long", "mask": LONG_ONLY},
    {"name": "the same money each time, more than there is", "mask": LONG_ONLY, "notional": 4_000, "execution": "next-open"},
    {"name": "long and short", "mask": 15, "notional": 1_500, "initialCash": 20_000},
    {"name": "candles that are missing", "mask": LONG_ONLY, "notional": 4_000, "missing": [100, 140]},
    {"name": "a share of the equity", "mask": LONG_ONLY, "fraction": 0.3, "slippage": 0},
]


def symbols_of(candles):
    inverse = {
        "open": 10_000 / candles["open"],
        "high": 10_000 / candles["low"],
        "low": 10_000 / candles["high"],
        "close": 10_000 / candles["close"],
    }
    backwards = {
        "open": candles["close"][::-1],
        "high": candles["high"][::-1],
        "low": candles["low"][::-1],
        "close": candles["open"][::-1],
    }
    return [candles, inverse, backwards]


def held_rows(codes):
    """Entries that find no position and exits that find one, as +1 and -1."""
    held, moves = False, np.zeros(len(codes))
    for row, code in enumerate(codes):
        if code & ENTER_LONG and code & EXIT_LONG:
            continue
        if not held and code & ENTER_LONG:
            held, moves[row] = True, 1
        elif held and code & EXIT_LONG:
            held, moves[row] = False, -1
    return moves


def run_portfolio(case, candles, signals):
    symbols = symbols_of(candles)
    at_open = case["execution"] == "next-open"
    close = np.column_stack([symbol["close"] for symbol in symbols])
    price = np.column_stack([symbol["open" if at_open else "close"] for symbol in symbols])
    codes = np.column_stack([signals, signals[::-1], np.roll(signals, 7)]) & case["mask"]
    if "missing" in case:
        gap = slice(*case["missing"])
        close[gap, 1] = price[gap, 1] = np.nan
        codes[gap, 1] = 0
    common = {
        "close": pd.DataFrame(close),
        "price": price,
        "fees": case["fee"],
        "slippage": case["slippage"],
        "init_cash": case["initialCash"],
        "freq": "300000ms",
        "cash_sharing": True,
        "group_by": True,
        "call_seq": "default",
    }
    if "fraction" in case:
        moves = np.column_stack([held_rows(column) for column in codes.T])
        # Of the fraction, the fee is a part.
        size = np.where(moves > 0, case["fraction"] / (1 + case["fee"]), np.where(moves < 0, 0, np.nan))
        return codes, vbt.Portfolio.from_orders(size=size, size_type="targetpercent", update_value=True, **common)
    told = np.vstack([np.zeros((1, 3), dtype=codes.dtype), codes[:-1]]) if at_open else codes
    notional = case.get("notional")
    return codes, vbt.Portfolio.from_signals(
        entries=(told & ENTER_LONG) > 0,
        exits=(told & EXIT_LONG) > 0,
        short_entries=(told & ENTER_SHORT) > 0,
        short_exits=(told & EXIT_SHORT) > 0,
        size=np.inf if notional is None else notional,
        size_type="amount" if notional is None else "value",
        **common,
    )


def portfolio_trades(portfolio):
    records = portfolio.exit_trades.records
    columns = [records[name].to_numpy(dtype=float) for name in ("col", *TRADE_FIELDS)]
    columns[3] = 1 - 2 * columns[3]
    return np.column_stack([*columns, (records["status"] == 0).to_numpy(dtype=float)])


def portfolio_cases(candles, signals):
    for extra in PORTFOLIO_CASES:
        case = {**BASE, **extra}
        codes, portfolio = run_portfolio(case, candles, signals)
        metrics = metrics_of(portfolio, False)
        # vectorbt's is a mean over symbols.
        del metrics["exposure"]
        yield {
            **case,
            "signals": ["".join(f"{code:x}" for code in column) for column in codes.T],
            "trades": portfolio_trades(portfolio).tolist(),
            "equity": portfolio.value().to_numpy()[::20].tolist(),
            "metrics": metrics,
        }


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
                "portfolios": list(portfolio_cases(candles, signals["random"])),
            }
        )
    )


main()
