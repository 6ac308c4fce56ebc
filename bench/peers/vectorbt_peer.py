"""Runs vectorbt on candles and signals that Tidemark wrote, for `npm run bench -- backtest`.

    python bench/peers/vectorbt_peer.py compare FOLDER          trades, equity and metrics of the cases in FOLDER/cases.json
    python bench/peers/vectorbt_peer.py sweep FOLDER ENGINE N   N pairs of moving averages, timed; ENGINE: numba or rust

FOLDER holds `candles-K.f64` (columns time, open, high, low, close, volume, one after the other, little-endian) and
`signals-K.u8` or `targets-K.f64` for the cases that name them. `compare` writes `equity-K.f64` and `trades-K.f64` (rows of
entry row, exit row, side, entry price, exit price, size, entry fee, exit fee, pnl, return, is open) and prints JSON.
"""

import gc
import json
import pathlib
import resource
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

COLUMNS = ("time", "open", "high", "low", "close", "volume")
TRADE_FIELDS = (
    "entry_idx", "exit_idx", "direction", "entry_price", "exit_price", "size", "entry_fees", "exit_fees", "pnl", "return",
)  # fmt: skip
# Sets at a time in a sweep: its arrays take about 14 MB a set and year of five-minute candles.
CHUNK = 100
# What a signal is a sum of.
ENTER_LONG, EXIT_LONG, ENTER_SHORT, EXIT_SHORT = 1, 2, 4, 8
DIRECTION_CODES = {
    "long": (ENTER_LONG, EXIT_LONG),
    "short": (ENTER_SHORT, EXIT_SHORT),
    "both": (ENTER_LONG, ENTER_SHORT),
}


def read_candles(path):
    values = np.fromfile(path, dtype="<f8").reshape(len(COLUMNS), -1)
    return dict(zip(COLUMNS, values))


def crossover_codes(close, fast, slow, direction):
    fast_ma = vbt.MA.run(pd.Series(close), fast)
    slow_ma = vbt.MA.run(pd.Series(close), slow)
    up, down = DIRECTION_CODES[direction]
    above = fast_ma.ma_crossed_above(slow_ma).to_numpy()
    below = fast_ma.ma_crossed_below(slow_ma).to_numpy()
    return np.where(above, up, 0) | np.where(below, down, 0)


def delayed(values, blank):
    return np.concatenate([np.full(1, blank, dtype=values.dtype), values[:-1]])


def run_case(case, candles, signals=None, targets=None):
    """One portfolio; the keys of `case` are those of Tidemark's settings."""
    at_open = case["execution"] == "next-open"
    common = {
        "close": pd.Series(candles["close"]),
        "price": candles["open"] if at_open else candles["close"],
        "fees": case["fee"],
        "slippage": case["slippage"],
        "init_cash": case["initialCash"],
        "freq": f"{int(candles['time'][1] - candles['time'][0])}ms",
    }
    if targets is not None:
        size = delayed(targets, np.nan) if at_open else targets
        return vbt.Portfolio.from_orders(size=size, size_type="targetpercent", **common)
    codes = delayed(signals, 0) if at_open else signals
    stops = {}
    if any(case.get(name) for name in ("stopLoss", "trailingStop", "takeProfit")):
        stops = {
            "open": candles["open"],
            "high": candles["high"],
            "low": candles["low"],
            "sl_stop": case.get("stopLoss") or case.get("trailingStop") or np.nan,
            "sl_trail": bool(case.get("trailingStop")),
            "tp_stop": case.get("takeProfit") or np.nan,
            "stop_entry_price": "fillprice",
            "stop_exit_price": "stoplimit" if case.get("takeProfit") else "stopmarket",
        }
    notional = case.get("notional")
    return vbt.Portfolio.from_signals(
        entries=(codes & ENTER_LONG) > 0,
        exits=(codes & EXIT_LONG) > 0,
        short_entries=(codes & ENTER_SHORT) > 0,
        short_exits=(codes & EXIT_SHORT) > 0,
        size=np.inf if notional is None else notional,
        size_type="amount" if notional is None else "value",
        **stops,
        **common,
    )


def trades_of(portfolio, is_target):
    records = (portfolio.positions if is_target else portfolio.exit_trades).records
    columns = [records[name].to_numpy(dtype=float) for name in TRADE_FIELDS]
    columns[2] = 1 - 2 * columns[2]
    return np.column_stack([*columns, (records["status"] == 0).to_numpy(dtype=float)])


def metrics_of(portfolio, is_target):
    returns = portfolio.returns_acc
    closed = (portfolio.positions if is_target else portfolio.exit_trades).closed
    metrics = {
        "totalReturn": portfolio.total_return(),
        "cagr": returns.annualized(),
        "volatility": returns.annualized_volatility(),
        "sharpe": returns.sharpe_ratio(),
        "sortino": returns.sortino_ratio(),
        "calmar": returns.calmar_ratio(),
        "omega": returns.omega_ratio(),
        "maxDrawdown": -returns.max_drawdown(),
        "tailRatio": returns.tail_ratio(),
        "valueAtRisk": returns.value_at_risk(),
        "conditionalValueAtRisk": returns.cond_value_at_risk(),
        "exposure": portfolio.position_coverage(),
        "hitRatio": closed.win_rate(),
        "profitFactor": closed.profit_factor(),
        "expectancy": closed.expectancy(),
    }
    return {name: float(value) if np.isfinite(value) else None for name, value in metrics.items()}


def compare(folder):
    # The rust engine rounds moving averages differently, which decides crossings of averages that are equal but for rounding.
    vbt.settings["engine"] = "numba"
    cases = json.loads((folder / "cases.json").read_text())
    found = []
    for number, case in enumerate(cases):
        candles = read_candles(folder / f"candles-{case['candles']}.f64")
        signals = targets = None
        if "crossover" in case:
            crossover = case["crossover"]
            signals = crossover_codes(candles["close"], crossover["fast"], crossover["slow"], crossover["direction"])
        elif "targets" in case:
            targets = np.fromfile(folder / f"targets-{case['targets']}.f64", dtype="<f8")
        else:
            signals = np.fromfile(folder / f"signals-{case['signals']}.u8", dtype=np.uint8)
        portfolio = run_case(case, candles, signals, targets)
        trades_of(portfolio, targets is not None).astype("<f8").tofile(folder / f"trades-{number}.f64")
        portfolio.value().to_numpy().astype("<f8").tofile(folder / f"equity-{number}.f64")
        found.append({"name": case["name"], "metrics": metrics_of(portfolio, targets is not None)})
    return {"version": vbt.__version__, "cases": found}


def sweep(folder, engine, sets):
    """`sets` pairs of moving averages, CHUNK at once, as vectorbt's own examples do it; compiled before the clock starts."""
    candles = read_candles(folder / "candles-0.f64")
    pairs = json.loads((folder / "pairs.json").read_text())[:sets]
    settings = json.loads((folder / "sweep.json").read_text())
    vbt.settings["engine"] = engine

    def run(close, chosen):
        fast = vbt.MA.run(close, [f for f, _ in chosen])
        slow = vbt.MA.run(close, [s for _, s in chosen])
        entries = fast.ma_crossed_above(slow.ma.to_numpy()).to_numpy()
        exits = fast.ma_crossed_below(slow.ma.to_numpy()).to_numpy()
        portfolio = vbt.Portfolio.from_signals(
            close,
            entries,
            exits,
            direction="both",
            fees=settings["fee"],
            slippage=settings["slippage"],
            init_cash=settings["initialCash"],
            freq=f"{int(candles['time'][1] - candles['time'][0])}ms",
        )
        return {
            "totalReturn": portfolio.total_return().to_numpy(),
            "sharpe": portfolio.sharpe_ratio().to_numpy(),
            "sortino": portfolio.sortino_ratio().to_numpy(),
            "maxDrawdown": -portfolio.max_drawdown().to_numpy(),
            "trades": portfolio.trades.count().to_numpy(),
        }

    close = pd.Series(candles["close"])
    run(close.iloc[:2_000], pairs[:2])
    started = time.perf_counter()
    parts = []
    for at in range(0, len(pairs), CHUNK):
        parts.append(run(close, pairs[at : at + CHUNK]))
        # A portfolio refers to itself: without this its arrays outlive it.
        gc.collect()
    metrics = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    seconds = time.perf_counter() - started
    return {
        "version": vbt.__version__,
        "seconds": seconds,
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "metrics": {name: values.astype(float).tolist() for name, values in metrics.items()},
    }


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[2])
    answer = compare(where) if sys.argv[1] == "compare" else sweep(where, sys.argv[3], int(sys.argv[4]))
    print(json.dumps(answer))
