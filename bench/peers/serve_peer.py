"""An exported base model in Python: ONNX Runtime on the same file, and PyTorch on the same architecture.

    python bench/peers/serve_peer.py MODEL.onnx WINDOWS.f32 RUNS THREADS

WINDOWS.f32 holds raw windows, float32 little-endian, [windows, bars, features]. Prints one JSON object: the
probabilities that ONNX Runtime gives, the milliseconds that each of RUNS took for one window, and those for all windows
in one batch. Called by `tidemark bench serve`.
"""

import json
import sys
import time

import numpy as np
import onnxruntime
import torch
from quantgod_model import TcnLstm, probabilities

WARM_UP = 5
BATCHES = 2


def milliseconds(run, argument, times, warm_up=WARM_UP):
    taken = []
    for _ in range(warm_up + times):
        start = time.perf_counter()
        run(argument)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken[warm_up:]


def measure(run, window, windows, runs):
    return {
        "windowMs": milliseconds(run, window, runs),
        "batchMs": milliseconds(run, windows, BATCHES, warm_up=1),
    }


def main(file, windows_file, runs, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    description = json.loads(session.get_modelmeta().custom_metadata_map["tidemark.description"])
    shape = (-1, description["sequenceLength"], len(description["featureNames"]))
    windows = np.fromfile(windows_file, dtype="<f4").reshape(shape)
    score = lambda batch: session.run(["probabilities"], {"window": batch})[0]

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    sizes = description["model"]
    model = TcnLstm(sizes["channels"], sizes["hidden"], sizes["layers"]).eval()
    mean, scale = torch.zeros(shape[2]), torch.ones(shape[2])
    by_torch = lambda batch: probabilities(model, batch, mean, scale)

    answers = np.concatenate([score(windows[i : i + 1]) for i in range(len(windows))])
    print(
        json.dumps(
            {
                "probabilities": [float(value) for value in answers.reshape(-1)],
                "onnxruntime": {
                    "version": onnxruntime.__version__,
                    **measure(score, windows[:1], windows, runs),
                },
                "torch": {
                    "version": torch.__version__,
                    **measure(by_torch, torch.from_numpy(windows[:1]), torch.from_numpy(windows), runs),
                },
            }
        )
    )


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
