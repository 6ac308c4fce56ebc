"""The features of docs/guides/candles.md computed by pandas, and their scalings by scikit-learn.

    python bench/peers/candle_features_peer.py compare --data-dir data --venue binance-usdm --symbol BTCUSDT --interval 5m
    python bench/peers/candle_features_peer.py golden

`compare` reads the candles that `tidemark ingest candles` has stored, has Tidemark compute its features of them (Node of
the checkout), and prints for each feature the largest distance from pandas: with a window at a time (`two-pass`, which
decides the exit code: 1 beyond --tolerance), and with pandas' own running sums (`rolling`), which carry the rounding
errors of all that went through them.

`golden` writes src/domain/candles/golden/candles-7.json. Run `npx prettier --write` on it; its sha256 stands in the test
that reads it.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["log_return", "return_std_12", "return_std_24", "return_std_48", "volume_z", "range", "taker_buy_ratio"]
COLUMNS = ["open", "high", "low", "close", "volume", "quote_volume", "trades_count", "taker_buy_volume"]
VOLUME_WINDOW = 48

OURS = """
const { loadCandles } = await import(process.argv[1] + '/src/pipeline/index.ts');
const { candleFeatures } = await import(process.argv[1] + '/src/domain/candles/index.ts');
const [dataDir, venue, symbol, interval] = process.argv.slice(2);
const { candles } = await loadCandles({ dataDir, venue, symbol, interval });
const startedMs = performance.now();
const features = candleFeatures(candles, interval);
process.stderr.write(`tidemark: ${candles.rows} candles in ${(performance.now() - startedMs).toFixed(0)} ms\\n`);
process.stdout.write(Buffer.from(features.buffer));
"""


def deviation(window):
    return window.std(ddof=1)


def features_of(candles, step, running):
    """On the whole grid: a candle that is missing is a row of NaN, and so is every window that holds it."""
    grid = candles.asfreq(step)
    returns = np.log(grid.close / grid.close.shift())
    std = lambda series, n: (
        series.rolling(n).std() if running else series.rolling(n).apply(deviation, raw=True)
    )
    mean = lambda series, n: series.rolling(n).mean() if running else series.rolling(n).apply(np.mean, raw=True)
    table = pd.DataFrame({"log_return": returns})
    for n in (12, 24, 48):
        table[f"return_std_{n}"] = std(returns, n)
    centre, spread = mean(grid.volume, VOLUME_WINDOW), std(grid.volume, VOLUME_WINDOW)
    table["volume_z"] = ((grid.volume - centre) / spread).where(spread > 1e-12 * centre)
    table["range"] = (grid.high - grid.low) / grid.close
    table["taker_buy_ratio"] = grid.taker_buy_volume / grid.volume.where(grid.volume > 0)
    return table.loc[candles.index, NAMES].to_numpy()


def stored_candles(args):
    place = f"candles/venue={args.venue}/symbol={args.symbol}/interval={args.interval}"
    files = sorted((pathlib.Path(args.data_dir) / place).glob("month=*.parquet"))
    if not files:
        sys.exit(f"no candles in {args.data_dir}/{place}; run `tidemark ingest candles` first")
    return pd.concat([pd.read_parquet(file) for file in files]).set_index("datetime")


def compare(args):
    candles = stored_candles(args)
    node = args.node or str(ROOT / "node_modules/.bin/node")
    place = [str(pathlib.Path(args.data_dir).resolve()), args.venue, args.symbol, args.interval]
    run = subprocess.run(
        [node, "--input-type=module", "-e", OURS, "--", str(ROOT), *place], stdout=subprocess.PIPE, check=True
    )
    ours = np.frombuffer(run.stdout, dtype="<f8").reshape(-1, len(NAMES))
    step = args.interval.replace("m", "min")
    worst = 0.0
    print(f"{args.symbol} {args.interval}: {len(candles)} candles, pandas {pd.__version__}, numpy {np.__version__}")
    print(f"{'feature':16} {'available':>10} {'two-pass':>10} {'relative':>10} {'rolling':>10}")
    exact, rolled = features_of(candles, step, False), features_of(candles, step, True)
    for k, name in enumerate(NAMES):
        if not np.array_equal(np.isnan(ours[:, k]), np.isnan(exact[:, k])):
            sys.exit(f"{name}: not available in different rows")
        distance = np.abs(ours[:, k] - exact[:, k])
        relative = distance / np.maximum(np.abs(exact[:, k]), np.finfo(float).tiny)
        worst = max(worst, np.nanmax(distance))
        print(
            f"{name:16} {np.isfinite(ours[:, k]).sum():10d} {np.nanmax(distance):10.1e} {np.nanmax(relative):10.1e}"
            f" {np.nanmax(np.abs(ours[:, k] - rolled[:, k])):10.1e}"
        )
    return 0 if worst <= args.tolerance else 1


def golden(_):
    from sklearn import __version__ as sklearn_version
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    rng = np.random.default_rng(7)
    rows = 130
    close = np.round(100 * np.exp(np.cumsum(0.01 * rng.normal(size=rows))), 4)
    open_ = np.concatenate([[100.0], close[:-1]])
    volume = np.round(10 * rng.exponential(size=rows), 3)
    volume[100] = 0
    candles = pd.DataFrame(
        {
            "open": open_,
            "high": np.round(np.maximum(open_, close) * (1 + 0.005 * rng.uniform(size=rows)), 4),
            "low": np.round(np.minimum(open_, close) * (1 - 0.005 * rng.uniform(size=rows)), 4),
            "close": close,
            "volume": volume,
            "quote_volume": np.round(volume * open_, 4),
            "trades_count": rng.integers(1, 50, rows).astype(float),
            "taker_buy_volume": np.round(volume * rng.uniform(size=rows), 3),
        },
        index=pd.date_range("2025-01-01", periods=rows, freq="1h", name="datetime"),
    )
    # One candle is not there.
    candles = candles.drop(candles.index[60])
    features = features_of(candles, "1h", False)
    period = features[:90]
    kinds = {"robust": RobustScaler(), "min-max": MinMaxScaler(), "standard": StandardScaler()}
    target = ROOT / "src/domain/candles/golden/candles-7.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    plain = lambda table: [None if np.isnan(x) else float(x) for x in np.ravel(table)]
    content = {
        "source": f"pandas {pd.__version__} and scikit-learn {sklearn_version}, BSD-3-Clause; data generated by bench/peers/candle_features_peer.py",
        "interval": "1h",
        "openTimeMs": [int(time.value // 10**6) for time in candles.index.as_unit("ns")],
        "candles": {name: candles[name].tolist() for name in COLUMNS},
        "featureNames": NAMES,
        "features": plain(features),
        "scaledRows": len(period),
        "scaled": {kind: plain(scaler.fit(period).transform(features)) for kind, scaler in kinds.items()},
    }
    target.write_text(json.dumps(content))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_subparsers(required=True)
    one = modes.add_parser("compare")
    for flag in ("--data-dir", "--venue", "--symbol", "--interval"):
        one.add_argument(flag, required=True)
    one.add_argument("--tolerance", type=float, default=1e-12)
    one.add_argument("--node", help="default: the checkout's")
    one.set_defaults(run=compare)
    modes.add_parser("golden").set_defaults(run=golden)
    args = parser.parse_args()
    sys.exit(args.run(args))


main()
