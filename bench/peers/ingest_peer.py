"""Order-book archives and recordings → minute bars in Parquet, as a Python pipeline of QuantGod's kind does it.

Standard `json` line by line out of the zip, the book as two dictionaries price → size, a sample a second, pandas for the
bars, pyarrow for the file. The 200 best levels are sorted at every sample and pandas takes each minute's last row, as
QuantGod does (`--levels second`), or sorted once a minute, which is the least that can be done (`--levels minute`). It follows the formulas of Tidemark's bars but
shares no code with them, which is why it serves twice: as the peer in speed (`tidemark bench ingest`) and as the
reference, column by column (`compare_bars.py`). Unlike ours it keeps the features of incomplete minutes.

    ingest_peer.py --venue bybit-linear|binance-spot|binance-usdm --symbol BTCUSDT [--log-volume samples]
                   [--levels minute|second]
                   --out bars.parquet FILE_OR_FOLDER…

Prints one JSON object {messages, bars, gaps, wallSeconds, cpuSeconds, python, pandas}. The seconds begin after the
imports.
"""
import argparse
import gzip
import heapq
import io
import json
import platform
import time
import zipfile
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = 200
MINUTE = 60_000
DAY = 86_400_000


class Minutes:
    """Counts messages, takes the samples, and keeps the book of each minute's last sample."""

    def __init__(self, levels_every_second):
        self.levels_every_second = levels_every_second
        self.applied = 0
        self.messages = Counter()
        self.samples = []
        self.second_levels = []
        self.levels = {}
        self.last_sample = float("-inf")
        self.minute = None
        self.held = None

    def on_message(self, ts, bids, asks):
        minute = ts - ts % MINUTE
        self.applied += 1
        self.messages[minute] += 1
        if ts - self.last_sample < 1_000 or not bids or not asks:
            return
        if minute != self.minute:
            self.close_minute()
            self.minute = minute
        self.last_sample = ts - ts % 1_000
        best_bids = heapq.nlargest(5, bids)
        best_asks = heapq.nsmallest(5, asks)
        bid, ask = best_bids[0], best_asks[0]
        bid_size, ask_size = bids[bid], asks[ask]
        deep_bid = sum(bids[price] for price in best_bids)
        deep_ask = sum(asks[price] for price in best_asks)
        self.samples.append(
            (
                minute,
                (bid * ask_size + ask * bid_size) / (bid_size + ask_size),
                ask - bid,
                (bid_size - ask_size) / (bid_size + ask_size),
                (deep_bid - deep_ask) / (deep_bid + deep_ask),
            )
        )
        if self.levels_every_second:
            self.second_levels.append(level_row(bids, asks))
        else:
            self.held = bids.copy(), asks.copy()

    def close_minute(self):
        if self.held is not None:
            self.levels[self.minute] = level_row(*self.held)
            self.held = None

    def last_of_each_minute(self):
        """{minute: row} from the rows of all seconds, by pandas."""
        if self.levels_every_second:
            frame = pd.DataFrame(np.array(self.second_levels))
            last = frame.groupby([sample[0] for sample in self.samples]).tail(1)
            self.levels = {self.samples[i][0]: row for i, row in zip(last.index, last.to_numpy())}
            self.second_levels = []
        return self.levels

    def keep_first_day(self):
        """The last lines of a day's archive are the first of the next day, whose own archive has them too."""
        self.close_minute()
        end = self.samples[0][0] // DAY * DAY + DAY
        self.samples = [sample for sample in self.samples if sample[0] < end]
        self.second_levels = self.second_levels[: len(self.samples)]
        self.messages = Counter({minute: n for minute, n in self.messages.items() if minute < end})


def level_row(bids, asks):
    """`[800]`: price and size of the 200 best bids, then asks; what is missing has price NaN and size 0."""
    row = np.zeros(4 * LEVELS)
    row[0::2] = np.nan
    for offset, side, descending in ((0, bids, True), (2 * LEVELS, asks, False)):
        best = np.array(sorted(side.items(), reverse=descending)[:LEVELS]).ravel()
        row[offset : offset + len(best)] = best
    return row


def set_levels(side, levels):
    for price, size in levels:
        size = float(size)
        if size == 0:
            side.pop(float(price), None)
        else:
            side[float(price)] = size


def bybit(lines, symbol, minutes):
    """`u` grows by one a message; a snapshot replaces the book. Returns the number of gaps."""
    bids, asks = {}, {}
    last = None
    gaps = 0
    for line in lines:
        message = json.loads(line)
        data = message["data"]
        if data["s"] != symbol:
            continue
        update_id = data["u"]
        if message["type"] == "snapshot":
            repeated = update_id == last
            if last is not None and not repeated and update_id != last + 1:
                gaps += 1
            bids.clear()
            asks.clear()
        elif last is None:
            continue
        elif update_id != last + 1:
            gaps += 1
            last = None
            continue
        else:
            repeated = False
        last = update_id
        set_levels(bids, data["b"])
        set_levels(asks, data["a"])
        if not repeated:
            minutes.on_message(message["ts"], bids, asks)
    return gaps


class BinanceStream:
    """The exchange's procedure for a local book: a REST snapshot, joined by the changes buffered around it."""

    def __init__(self, spot, minutes):
        self.spot = spot
        self.minutes = minutes
        self.bids, self.asks = {}, {}
        self.snapshot = None
        self.pending = []
        self.last = None
        self.joining = False
        self.gaps = 0

    def on_snapshot(self, snapshot):
        self.snapshot = snapshot
        if self.last is None or self.joining:
            self.load()

    def load(self):
        self.bids.clear()
        self.asks.clear()
        set_levels(self.bids, self.snapshot["bids"])
        set_levels(self.asks, self.snapshot["asks"])
        self.last, self.joining = self.snapshot["lastUpdateId"], True
        self.snapshot = None
        pending, self.pending = self.pending, []
        for event in pending:
            self.on_depth(event)

    def on_depth(self, event):
        if self.last is None:
            self.pending.append(event)
            return
        if self.is_old(event):
            return
        if not self.follows(event):
            self.gaps += not self.joining
            self.last = None
            self.pending.append(event)
            if self.snapshot is not None:
                self.load()
            return
        self.joining = False
        self.last = event["u"]
        set_levels(self.bids, event["b"])
        set_levels(self.asks, event["a"])
        self.minutes.on_message(event["E"] if self.spot else event["T"], self.bids, self.asks)

    def is_old(self, event):
        if self.spot or not self.joining:
            return event["u"] <= self.last
        return event["u"] < self.last

    def follows(self, event):
        if self.spot:
            return event["U"] <= self.last + 1 if self.joining else event["U"] == self.last + 1
        return event["pu"] == self.last or (self.joining and event["U"] <= self.last)


def binance(lines, symbol, minutes, spot):
    """Lines `<receive time> <json>` of the depth stream, of a REST snapshot, or of other streams. Returns the gaps."""
    stream = BinanceStream(spot, minutes)
    for line in lines:
        message = json.loads(line[line.index(b"{") :])
        event = message.get("data", message)
        if "lastUpdateId" in event:
            stream.on_snapshot(event)
        elif event.get("e") == "depthUpdate" and event["s"] == symbol:
            stream.on_depth(event)
    return stream.gaps


def input_lines(files):
    for file in files:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    with archive.open(name) as member:
                        yield from io.BufferedReader(member, 1 << 20)
        elif file.suffix == ".gz":
            with gzip.open(file) as member:
                yield from member
        else:
            with file.open("rb") as member:
                yield from member


def bar_table(parts, log_volume):
    messages = sum((part.messages for part in parts), Counter())
    held = {minute: row for part in parts for minute, row in part.last_of_each_minute().items()}
    samples = pd.DataFrame(
        chain.from_iterable(part.samples for part in parts),
        columns=["minute", "micro", "spread", "obi", "deep_obi"],
    )
    grouped = samples.groupby("minute")
    bars = grouped.agg(
        open=("micro", "first"),
        high=("micro", "max"),
        low=("micro", "min"),
        close=("micro", "last"),
        volatility=("micro", "std"),
        max_spread=("spread", "max"),
        mean_obi=("obi", "mean"),
        mean_deep_obi=("deep_obi", "mean"),
        samples=("micro", "size"),
    )
    previous = bars["close"].reindex(bars.index - MINUTE).to_numpy()
    top, bottom = np.maximum(bars["open"], bars["close"]), np.minimum(bars["open"], bars["close"])
    counted = bars["samples"] if log_volume == "samples" else bars.index.map(messages)
    features = pd.DataFrame(
        {
            "body": np.log(bars["close"] / bars["open"]),
            "upper_wick": (bars["high"] - top) / previous,
            "lower_wick": (bottom - bars["low"]) / previous,
            "log_ret_close": np.log(bars["close"] / previous),
            **{name: bars[name] for name in ("volatility", "max_spread", "mean_obi", "mean_deep_obi")},
            "log_volume": np.log1p(counted),
            "close": bars["close"],
        },
        index=bars.index,
    )
    names = [f"{side}_{rank}_{what}" for side in ("bid", "ask") for rank in range(LEVELS) for what in "ps"]
    levels = pd.DataFrame(np.array([held[m] for m in bars.index]), columns=names, index=bars.index)
    table = pd.concat([features, levels], axis=1)
    table.insert(0, "datetime", pd.to_datetime(table.index, unit="ms", utc=True))
    return table


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--venue", required=True, choices=["bybit-linear", "binance-spot", "binance-usdm"])
    parser.add_argument("--symbol", required=True)
    parser.add_argument("--log-volume", choices=["messages", "samples"], default="messages")
    parser.add_argument("--levels", choices=["minute", "second"], default="minute")
    parser.add_argument("--out", required=True)
    parser.add_argument("inputs", nargs="+", type=Path)
    options = parser.parse_args()

    wall, cpu = time.perf_counter(), time.process_time()
    files = [f for i in options.inputs for f in (sorted(i.iterdir()) if i.is_dir() else [i])]
    files = [f for f in files if f.suffix in (".zip", ".gz", ".data", ".dat")]
    parts, gaps = [], 0
    # An archive is a unit of its own and begins with a snapshot; recordings continue each other.
    for unit in [[file] for file in files] if options.venue == "bybit-linear" else [files]:
        minutes = Minutes(options.levels == "second")
        if options.venue == "bybit-linear":
            gaps += bybit(input_lines(unit), options.symbol, minutes)
            minutes.keep_first_day()
        else:
            gaps += binance(input_lines(unit), options.symbol, minutes, options.venue == "binance-spot")
        minutes.close_minute()
        parts.append(minutes)
    table = bar_table(parts, options.log_volume)
    table.to_parquet(options.out, index=False)
    print(
        json.dumps(
            {
                "messages": sum(minutes.applied for minutes in parts),
                "bars": len(table),
                "gaps": gaps,
                "wallSeconds": time.perf_counter() - wall,
                "cpuSeconds": time.process_time() - cpu,
                "python": platform.python_version(),
                "pandas": pd.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
