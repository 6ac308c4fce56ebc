"""Makes the golden file that the simulated exchange is judged by, from hftbacktest.

    pip install hftbacktest
    python bench/peers/hftbacktest_golden.py ../shared/data/l2/binance-usdm-btcusdt/usdm_btcusdt_20230404.dat.gz

hftbacktest wants an older numpy than other peers: give it a virtual environment of its own.

Writes src/trading/exchange/golden/hftbacktest.json: a stretch of a recorded session (levels near the touch only), orders, and what
hftbacktest's partial-fill exchange makes of each of them alone. Its sha256 stands in the test that reads it.
"""

import gzip
import json
import pathlib
import sys

import hftbacktest as hb
import numpy as np
from hftbacktest.order import FILLED, GTC, GTX, IOC, LIMIT
from numba import njit

TARGET = pathlib.Path(__file__).resolve().parents[2] / "src/trading/exchange/golden/hftbacktest.json"
TICK, LOT = 0.1, 0.001
SECONDS = 60
# Levels farther from the first middle than this many ticks are left out, for both programs.
REACH = 160
LATENCY_MS = 20
FEES = {"maker": -0.0001, "taker": 0.0004}
MILLI = 1_000_000


def steps(text, step):
    return round(float(text) / step)


def near(levels, middle):
    pairs = [(steps(price, TICK), steps(size, LOT)) for price, size in levels]
    return [pair for pair in pairs if abs(pair[0] - middle) <= REACH]


def read(path):
    """Events of the first minute after the snapshot: [time, bids, asks] or [time, price, size, aggressor]."""
    waiting, events, snapshot, middle, clock, start = [], [], None, None, 0, None
    with gzip.open(path, "rt") as lines:
        for line in lines:
            message = json.loads(line[line.index(" ") + 1 :])
            if "lastUpdateId" in message:
                snapshot = message
                middle = steps(message["bids"][0][0], TICK)
                start = clock = message["T"]
                events.append([clock, near(message["bids"], middle), near(message["asks"], middle)])
                for time, depth in waiting:
                    if depth["u"] >= message["lastUpdateId"]:
                        clock = max(clock, time)
                        events.append([clock, near(depth["b"], middle), near(depth["a"], middle)])
                continue
            data = message["data"]
            if data["e"] == "depthUpdate":
                if snapshot is None:
                    waiting.append((data["T"], data))
                    continue
                clock = max(clock, data["T"])
                bids, asks = near(data["b"], middle), near(data["a"], middle)
                if bids or asks:
                    events.append([clock, bids, asks])
            elif data["e"] == "trade" and data["X"] == "MARKET" and snapshot is not None:
                clock = max(clock, data["T"])
                size = steps(data["q"], LOT)
                events.append([clock, steps(data["p"], TICK), size, "sell" if data["m"] else "buy"])
            if start is not None and clock > start + SECONDS * 1000:
                return events
    return events


def rows_of(events):
    rows = []
    both = hb.EXCH_EVENT | hb.LOCAL_EVENT
    for event in events:
        at = event[0] * MILLI
        if len(event) == 4:
            _, price, size, aggressor = event
            side = hb.SELL_EVENT if aggressor == "sell" else hb.BUY_EVENT
            rows.append((both | hb.TRADE_EVENT | side, at, at, price * TICK, size * LOT, 0, 0, 0))
            continue
        for side, levels in ((hb.BUY_EVENT, event[1]), (hb.SELL_EVENT, event[2])):
            for price, size in levels:
                rows.append((both | hb.DEPTH_EVENT | side, at, at, price * TICK, size * LOT, 0, 0, 0))
    return np.array(rows, hb.event_dtype)


@njit
def run(hbt, wait_ns, is_buy, price, size, force, kind, watched_ns):
    """Sends one order and watches it for a while; returns when it was filled, 0 when it was not."""
    hbt.elapse(wait_ns)
    if is_buy:
        hbt.submit_buy_order(0, 1, price, size, force, kind, False)
    else:
        hbt.submit_sell_order(0, 1, price, size, force, kind, False)
    hbt.elapse(watched_ns)
    order = hbt.orders(0).get(1)
    return order.exch_timestamp if order.status == FILLED else 0


def judge(rows, case):
    asset = (
        hb.BacktestAsset()
        .data(rows)
        .linear_asset(1.0)
        .constant_order_latency(LATENCY_MS * MILLI, 0)
        .partial_fill_exchange()
        .trading_value_fee_model(FEES["maker"], FEES["taker"])
        .tick_size(TICK)
        .lot_size(LOT)
        .last_trades_capacity(0)
    )
    exponent = case.get("exponent")
    asset = asset.risk_adverse_queue_model() if exponent is None else asset.power_prob_queue_model(exponent)
    hbt = hb.HashMapMarketDepthBacktest([asset])
    filled_ns = run(
        hbt,
        round(case["sentMs"] * MILLI) - int(rows["exch_ts"][0]),
        case["side"] == "buy",
        case["priceTicks"] * TICK,
        case["lots"] * LOT,
        {"IOC": IOC, "GTX": GTX, "GTC": GTC}[case["timeInForce"]],
        LIMIT,
        round(case["watchedMs"] * MILLI),
    )
    state = hbt.state_values(0)
    lots = round(abs(state.position) / LOT)
    money = abs(state.balance)
    answer = {"lots": lots, "money": money, "fee": state.fee}
    if filled_ns:
        answer["filledMs"] = filled_ns / MILLI
    hbt.close()
    return answer


def touches(events, at):
    bids, asks = {}, {}
    for event in events:
        if event[0] > at:
            break
        if len(event) == 3:
            for side, levels in ((bids, event[1]), (asks, event[2])):
                for price, size in levels:
                    side[price] = size
    return max(p for p, q in bids.items() if q), min(p for p, q in asks.items() if q)


def takers(events):
    """Orders that walk the book, by a limit far behind the touch. Of several levels hftbacktest reports the last one alone."""
    start, end = events[0][0], events[-1][0]
    for k, lots in enumerate([1, 5, 20, 100, 300, 1000, 3000, 8000, 20000, 50000] * 2):
        sent = start + (k + 0.5) / 20 * (end - start - 1000) // 1 + 0.5
        bid, ask = touches(events, sent)
        side = "buy" if k % 3 else "sell"
        price = ask + 60 if side == "buy" else bid - 60
        case = {"side": side, "lots": lots, "priceTicks": price, "sentMs": sent}
        yield case | {"timeInForce": "IOC", "watchedMs": 100}


def cases_of(events):
    start, end = events[0][0], events[-1][0]
    cases = list(takers(events))
    for k in range(48):
        sent = start + (k + 0.5) / 48 * (end - start - 6000) // 1 + 0.5
        bid, ask = touches(events, sent)
        side = "buy" if k % 2 else "sell"
        price = bid - (k // 2) % 3 if side == "buy" else ask + (k // 2) % 3
        case = {"side": side, "lots": 1, "priceTicks": price, "sentMs": sent}
        case |= {"timeInForce": "GTX" if k % 4 > 1 else "GTC", "watchedMs": 5000}
        if k % 3 == 2:
            case["exponent"] = 3
        cases.append(case)
    for k in range(8):
        sent = start + (k + 0.5) / 8 * (end - start - 6000) // 1 + 0.5
        bid, ask = touches(events, sent)
        price = ask + k if k % 2 else bid - k
        case = {"side": "buy" if k % 2 else "sell", "lots": 50, "priceTicks": price}
        cases.append(case | {"sentMs": sent, "timeInForce": "GTC", "watchedMs": 100})
    return cases


def main():
    events = read(sys.argv[1])
    rows = rows_of(events)
    cases = [case | {"expected": judge(rows, case)} for case in cases_of(events)]
    source = "nkaz001/hftbacktest @5f3ec40, MIT: " + pathlib.Path(sys.argv[1]).name
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(
        json.dumps(
            {
                "source": f"recording of {source}; answers of hftbacktest {hb.__version__}, MIT, "
                "made by bench/peers/hftbacktest_golden.py",
                "latencyMs": LATENCY_MS,
                "fees": FEES,
                "cases": cases,
                "events": events,
            },
            separators=(",", ":"),
        )
    )


main()
