"""The TCN + LSTM base model in PyTorch, its parts under the names that QuantGod's checkpoints have (`Hybrid_TCN_LSTM`).
Raw windows in: the scaler is part of it, as it is part of the exported model.
"""

import torch
from torch import nn
from torch.nn import functional as F

FEATURES, CLASSES, KERNEL, DILATIONS = 9, 3, 3, (1, 2, 4, 8)


class CausalConvolution(nn.Module):
    def __init__(self, inputs, outputs, dilation):
        super().__init__()
        self.padding = dilation * (KERNEL - 1)
        self.conv = nn.Conv1d(inputs, outputs, KERNEL, dilation=dilation)

    def forward(self, x):
        return self.conv(F.pad(x, (self.padding, 0)))


class Block(nn.Module):
    def __init__(self, inputs, outputs, dilation, dropout):
        super().__init__()
        self.causal_conv = CausalConvolution(inputs, outputs, dilation)
        self.bn = nn.BatchNorm1d(outputs)
        self.dropout = nn.Dropout1d(dropout)
        self.residual_proj = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return self.dropout(F.gelu(self.bn(self.causal_conv(x)))) + self.residual_proj(x)


class TcnLstm(nn.Module):
    """`[B, T, 9]` → logits `[B, 3]`."""

    def __init__(self, channels, hidden, layers, dropout=0.3):
        super().__init__()
        widths = (FEATURES, channels, channels, channels)
        self.tcn = nn.Sequential(*[Block(w, channels, d, dropout / 2) for w, d in zip(widths, DILATIONS)])
        self.lstm = nn.LSTM(channels, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.classifier = nn.Sequential(
            nn.Linear(hidden, hidden // 2), nn.GELU(), nn.Dropout(0.4), nn.Linear(hidden // 2, CLASSES)
        )

    def forward(self, x):
        states, _ = self.lstm(self.tcn(x.transpose(1, 2)).transpose(1, 2))
        return self.classifier(states[:, -1])


def probabilities(model, windows, mean, scale):
    """Of raw `windows`, scaled as training scaled them."""
    with torch.inference_mode():
        return torch.softmax(model((windows - mean) / scale), dim=-1)
