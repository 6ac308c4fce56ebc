"""XGBoost beside our gradient boosting. Called by `tidemark bench boosting`; prints one JSON object.

    python bench/peers/boosting_bench.py export FOLDER
    python bench/peers/boosting_bench.py train FOLDER DATA COLUMNS TRAIN_ROWS CLASSES ROUNDS THREADS
    python bench/peers/boosting_bench.py exchange FOLDER DATA COLUMNS TRAIN_ROWS

DATA.x and DATA.y in FOLDER are float32, little-endian, rows × COLUMNS and rows. The first TRAIN_ROWS are trained on, the
others tested on. `export` writes three data sets that scikit-learn brings along, shuffled. `train` measures, and leaves
DATA.theirs.json (the model) and its predictions and contributions of test rows, DATA.theirs.predictions and
DATA.theirs.contributions (float32). `exchange` loads our model DATA.ours.json and leaves DATA.ours.predictions.
"""

import json
import os
import sys
import time

# Waiting threads yield the processor; set before OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import xgboost
from sklearn import datasets

EXPLAINED = 200
BUNDLED = {"wine": datasets.load_wine, "breast-cancer": datasets.load_breast_cancer, "digits": datasets.load_digits}


def export(folder):
    sets = []
    for name, load in BUNDLED.items():
        x, y = load(return_X_y=True)
        order = np.random.default_rng(1).permutation(len(y))
        x[order].astype("<f4").tofile(f"{folder}/{name}.x")
        y[order].astype("<f4").tofile(f"{folder}/{name}.y")
        sets.append({"name": name, "rows": len(y), "columns": x.shape[1], "classes": int(y.max()) + 1})
    return {"version": xgboost.__version__, "sets": sets}


def read(folder, name, columns):
    x = np.fromfile(f"{folder}/{name}.x", "<f4").reshape(-1, columns)
    return x, np.fromfile(f"{folder}/{name}.y", "<f4")


def timed(run):
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, {"wallSeconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu}


def log_loss(y, p):
    truth = p[np.arange(len(y)), y] if p.ndim == 2 else np.where(y == 1, p, 1 - p)
    return float(-np.log(np.maximum(truth, 1e-16)).mean())


def train(folder, name, columns, rows, classes, rounds, threads):
    x, y = read(folder, name, columns)
    objective = {"objective": "multi:softprob", "num_class": classes} if classes > 2 else {"objective": "binary:logistic"}
    parameters = {"max_depth": 6, "eta": 0.1, "max_bin": 255, "tree_method": "hist", "nthread": threads, **objective}
    model, training = timed(
        lambda: xgboost.train(parameters, xgboost.DMatrix(x[:rows], y[:rows], nthread=threads), rounds)
    )
    # The faster of its two ways; making the matrix is not counted.
    matrix = xgboost.DMatrix(x, nthread=threads)
    _, by_matrix = timed(lambda: model.predict(matrix))
    everything, in_place = timed(lambda: model.inplace_predict(x))
    predictions = everything[rows:]
    model.save_model(f"{folder}/{name}.theirs.json")
    predictions.astype("<f4").tofile(f"{folder}/{name}.theirs.predictions")
    contributions = model.predict(xgboost.DMatrix(x[rows : rows + EXPLAINED]), pred_contribs=True)
    contributions.astype("<f4").tofile(f"{folder}/{name}.theirs.contributions")
    return {
        "version": xgboost.__version__,
        "training": training,
        "prediction": min(by_matrix, in_place, key=lambda figures: figures["wallSeconds"]),
        "logLoss": log_loss(y[rows:].astype(int), predictions.astype(float)),
    }


def exchange(folder, name, columns, rows):
    x, _ = read(folder, name, columns)
    model = xgboost.Booster(model_file=f"{folder}/{name}.ours.json")
    model.inplace_predict(x[rows:]).astype("<f4").tofile(f"{folder}/{name}.ours.predictions")
    return {"version": xgboost.__version__}


def main(command, folder, *rest):
    match command:
        case "export":
            return export(folder)
        case "train":
            return train(folder, rest[0], *map(int, rest[1:]))
        case "exchange":
            return exchange(folder, rest[0], *map(int, rest[1:]))
        case _:
            sys.exit(f"unknown command {command}")


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
