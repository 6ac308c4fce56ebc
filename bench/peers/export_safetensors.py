"""A PyTorch checkpoint and its scaler as one safetensors file, for `tidemark models import`.

    python bench/peers/export_safetensors.py CHECKPOINT.pt SCALER OUT.safetensors

CHECKPOINT is a state_dict, or a dict that holds one as "model_state_dict", "state_dict" or "model". SCALER is JSON,
{"mean": [9 numbers], "scale": [9 numbers]}, or a pickled scikit-learn StandardScaler (.pkl, .joblib). Unpickling runs
what the file says: give it only a scaler that you trust. Names stay as they are; docs/guides/models.md says which are
known.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file


def state_of(checkpoint):
    for key in ("model_state_dict", "state_dict", "model"):
        if isinstance(checkpoint.get(key), dict):
            return checkpoint[key]
    return checkpoint


def scaler_of(path):
    """Mean and standard deviation of every feature."""
    if Path(path).suffix == ".json":
        content = json.loads(Path(path).read_text())
        return content["mean"], content["scale"]
    import joblib

    scaler = joblib.load(path)
    return scaler.mean_, scaler.scale_


def export(state, mean, scale, target):
    scaler = {"scaler.mean": mean, "scaler.scale": scale}
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    tensors |= {name: torch.as_tensor(values, dtype=torch.float64) for name, values in scaler.items()}
    save_file(tensors, target)


if __name__ == "__main__":
    checkpoint, scaler, target = sys.argv[1:]
    state = state_of(torch.load(checkpoint, map_location="cpu", weights_only=True))
    export(state, *scaler_of(scaler), target)
