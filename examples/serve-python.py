"""One decision by an exported model in Python: `pip install onnxruntime numpy` is all that it takes.

    python examples/serve-python.py MODEL.onnx WINDOW.json

WINDOW.json is a flat array of raw features, bar after bar, the oldest first. Prints the three probabilities.
"""

import json
import sys

import numpy as np
import onnxruntime

model_file, window_file = sys.argv[1:]
session = onnxruntime.InferenceSession(model_file, providers=["CPUExecutionProvider"])
about = json.loads(session.get_modelmeta().custom_metadata_map["tidemark.description"])
shape = (1, about["sequenceLength"], len(about["featureNames"]))
with open(window_file) as file:
    window = np.array(json.load(file), dtype=np.float32).reshape(shape)
(probabilities,) = session.run(["probabilities"], {"window": window})
print(json.dumps(dict(zip(about["classes"], map(float, probabilities[0])))))
