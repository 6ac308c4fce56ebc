"""Compares our bars with those of ingest_peer.py, column by column.

    compare_bars.py --ours FILE_OR_FOLDER… --peer FILE… [--tolerance 1e-9]

Prints for each feature and each group of level columns the largest relative difference |a − b| / max(|a|, |b|), and
why rows or values are on one side only: our manifests, which lie beside our bars, say which minutes are incomplete.
Exit code 1 when a value differs by more than the tolerance, or something is on one side only for no known reason.
"""
import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

JOINED = ["upper_wick", "lower_wick", "log_ret_close"]
FEATURES = ["body", *JOINED, "volatility", "max_spread", "mean_obi", "mean_deep_obi", "log_volume"]
MINUTE = pd.Timedelta(minutes=1)
SHOWN = 10


def read(paths):
    files = [f for path in paths for f in (sorted(path.glob("*.parquet")) if path.is_dir() else [path])]
    table = pd.concat([pd.read_parquet(file) for file in files]).set_index("datetime").sort_index()
    table.index = table.index.tz_localize(None) if table.index.tz is not None else table.index
    return table, {file.parent for file in files}


def incomplete_minutes(folders):
    """Minute → reasons, from the manifests of our ingest."""
    manifests = [json.loads(file.read_text()) for folder in sorted(folders) for file in folder.glob("ingest*.json")]
    return {
        pd.Timestamp(minute["minuteMs"], unit="ms"): ", ".join(minute["reasons"])
        for manifest in manifests
        for minute in manifest["incomplete"]
    }


def why_absent(minute, column, incomplete, present):
    """Why our feature is NaN where the peer has a number; None when there is no reason."""
    if minute in incomplete:
        return f"the minute is incomplete: {incomplete[minute]}"
    before = minute - MINUTE
    if column in JOINED and before in incomplete:
        return f"the minute before is incomplete: {incomplete[before]}"
    if column in JOINED and before not in present:
        return "no minute before"
    return None


def column_groups(columns):
    yield from ((name, [name]) for name in [*FEATURES, "close"])
    for side in ("bid", "ask"):
        for what, name in (("p", "prices"), ("s", "sizes")):
            yield f"{side} {name}", [c for c in columns if c.startswith(f"{side}_") and c.endswith(f"_{what}")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", nargs="+", type=Path, required=True)
    parser.add_argument("--peer", nargs="+", type=Path, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-9)
    options = parser.parse_args()
    ours, folders = read(options.ours)
    peer, _ = read(options.peer)
    incomplete = incomplete_minutes(folders)
    common = ours.index.intersection(peer.index)
    missing, added = peer.columns.difference(ours.columns), ours.columns.difference(peer.columns)
    trouble = len(missing) > 0
    print(f"columns        {len(peer.columns)} compared; missing in ours: {list(missing)}; only in ours: {list(added)}")
    print(f"minutes        {len(common)} in both", end="")
    for name, table, other in (("ours", ours, peer), ("the peer", peer, ours)):
        alone = table.index.difference(other.index)
        trouble |= len(alone) > 0
        print(f", {len(alone)} only in {name} {[str(m) for m in alone[:SHOWN]] or ''}", end="")
    print(f"\nincomplete     {len(incomplete)} on our side: {dict(Counter(incomplete.values()))}\n")

    a, b = ours.loc[common], peer.loc[common]
    reasons, beyond = Counter(), []
    print(f"{'column':<15}{'values':>9}{'equal':>9}{'max relative':>14}{'max absolute':>14}{'one side':>10}")
    for group, columns in column_groups(peer.columns):
        x, y = a[columns].to_numpy(), b[columns].to_numpy()
        both = ~np.isnan(x) & ~np.isnan(y)
        difference = np.abs(np.where(both, x - y, 0.0))
        scale = np.maximum(np.abs(x), np.abs(y))
        relative = np.divide(difference, scale, out=np.zeros_like(difference), where=both & (scale > 0))
        for row, column in zip(*np.nonzero(relative > options.tolerance)):
            beyond.append((common[row], columns[column], x[row, column], y[row, column]))
        one_sided = np.isnan(x) != np.isnan(y)
        for row, column in zip(*np.nonzero(one_sided)):
            ours_absent = np.isnan(x[row, column])
            why = why_absent(common[row], columns[column], incomplete, ours.index) if ours_absent else None
            trouble |= why is None
            reasons[why or f"NO KNOWN REASON ({common[row]} {columns[column]})"] += 1
        equal = int((both & (x == y)).sum())
        print(
            f"{group:<15}{int(both.sum()):>9}{equal:>9}{relative.max(initial=0):>14.3g}"
            f"{difference.max(initial=0):>14.3g}{int(one_sided.sum()):>10}"
        )
    print("\nvalues on one side only:" if reasons else "\nno value is on one side only")
    for why, count in reasons.most_common(SHOWN):
        print(f"  {count:>6}  {why}")
    print(f"{len(beyond)} values beyond {options.tolerance:g}")
    for minute, column, mine, theirs in beyond[:SHOWN]:
        print(f"  {minute}  {column}  {mine!r}  {theirs!r}")
    trouble |= len(beyond) > 0
    print("DIFFERENT" if trouble else "SAME")
    sys.exit(1 if trouble else 0)


if __name__ == "__main__":
    main()
