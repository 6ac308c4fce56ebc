"""One training step of the TCN + LSTM base model in PyTorch: forward, backward, clipping, AdamW.

Called by `tidemark bench train`:  train_step.py CHANNELS HIDDEN LAYERS BATCH SEQUENCE THREADS STEPS
Prints one JSON object {"version": …, "parameters": …, "stepsMs": […], "memoryMegabytes": …}: the memory is by how much the
process grew at most since just before the model was built.
"""
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

channels, hidden, layers, batch, sequence, threads, steps = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.set_flush_denormal(True)
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.padding = 2 * dilation
        self.convolution = nn.Conv1d(inputs, outputs, 3, dilation=dilation)
        self.norm = nn.BatchNorm1d(outputs)
        self.dropout = nn.Dropout1d(dropout / 2)
        self.skip = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.convolution(F.pad(x, (self.padding, 0)))
        return self.dropout(F.gelu(self.norm(y))) + self.skip(x)


class Base(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tcn = nn.Sequential(*[Block(9 if d == 1 else channels, channels, d, 0.3) for d in (1, 2, 4, 8)])
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True, dropout=0.3 if layers > 1 else 0.0)
        self.head = nn.Sequential(
            nn.Linear(hidden, hidden // 2), nn.GELU(), nn.Dropout(0.4), nn.Linear(hidden // 2, 3)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.tcn(x.transpose(1, 2)).transpose(1, 2))
        return self.head(states[:, -1])


def peak_megabytes() -> float:
    if sys.platform == "linux":  # where ru_maxrss starts at what the parent process had
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


before = peak_megabytes()
model = Base().train()
optimiser = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
weight = torch.tensor([2.0, 1.0, 2.0])
x = torch.randn(batch, sequence, 9)
y = torch.randint(0, 3, (batch,))


def step() -> float:
    start = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    F.cross_entropy(model(x), y, weight=weight).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return (time.perf_counter() - start) * 1000


step()
times = [step() for _ in range(steps)]
print(
    json.dumps(
        {
            "version": torch.__version__,
            "parameters": sum(p.numel() for p in model.parameters()),
            "stepsMs": times,
            "memoryMegabytes": peak_megabytes() - before,
        }
    )
)
