"""Compares archc's ONNX models with its reference interpreter:  compare.py ARCHC REFERENCE CASE..

REFERENCE is the program of compiler/onnx/examples/reference.rs, which writes each case with an image and the outputs for
it; `full:FILE` is written once more by ARCHC, the command line. ONNX's checker looks at the model, shape inference
included. Its outputs under ONNX Runtime are compared with those of the interpreter in f64, for a batch of one image and for
one of two, the first of which is zero.
"""
import pathlib, subprocess, sys, tempfile

import numpy as np, onnx, onnxruntime
from onnxruntime import GraphOptimizationLevel

TOLERANCE = 1e-5  # of the largest number of an output
# Where f32 alone moves a network's outputs by more, by the difference between two orders of its sums.
F32_MARGIN = 10


def read(path, dtype, shape):
    """Numbers in archc's order of rows, columns, channels as `[channels, rows, columns]`, or as a vector."""
    numbers = np.fromfile(path, dtype)
    return numbers.reshape(*shape[1:], shape[0]).transpose(2, 0, 1) if len(shape) == 3 else numbers.reshape(shape)


def session_of(model, level):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    options.graph_optimization_level = level
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def compare(folder):
    """The largest error of an output, and what is allowed."""
    model = str(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = session_of(model, GraphOptimizationLevel.ORT_ENABLE_ALL)
    (entry,), exits = session.get_inputs(), session.get_outputs()
    if {value.shape[0] for value in (entry, *exits)} != {"N"}:
        raise ValueError("the batch is not called N")
    image = read(folder / "image.f32", "<f4", entry.shape[1:])
    expected = {e.name: read(folder / f"{e.name}.f64", "<f8", e.shape[1:]) for e in exits}
    # A softmax makes of an error of its logits one that is at most as large.
    logits = np.abs(expected["logits"]).max() if "logits" in expected else 0.0
    scale = {name: max(np.abs(numbers).max(), logits) or 1.0 for name, numbers in expected.items()}

    def error(found, wanted):
        return max(np.abs(found[name] - wanted[name]).max() / scale[name] for name in expected)

    def run(session, images):
        found = dict(zip(expected, session.run(None, {entry.name: images})))
        for name, numbers in found.items():
            if numbers.shape != (len(images), *expected[name].shape):
                raise ValueError(f"{name} is {numbers.shape}")
            if not np.isfinite(numbers).all():
                raise ValueError(f"{name} has numbers that are not finite")
        return {name: numbers[-1] for name, numbers in found.items()}

    alone = run(session, image[None])
    second = run(session, np.stack([np.zeros_like(image), image]))
    worst, allowed = max(error(alone, expected), error(second, expected)), TOLERANCE
    if worst > allowed:
        plain = run(session_of(model, GraphOptimizationLevel.ORT_DISABLE_ALL), image[None])
        allowed += F32_MARGIN * error(plain, alone)
    return worst, allowed


def main(archc, reference, cases):
    failed = []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            try:
                subprocess.run([reference, case, folder], check=True)
                if case.startswith("full:"):
                    command = ["export", "onnx", case.removeprefix("full:"), "--weights", "seeded", "-o", folder / "model.onnx"]
                    subprocess.run([archc, *command], check=True, stdout=subprocess.DEVNULL)
                worst, allowed = compare(folder)
                verdict = "" if worst <= allowed else f", and {allowed:.1e} is allowed: FAILED"
                print(f"{case}: {worst:.1e}{verdict}", flush=True)
            except Exception as problem:
                verdict = f"{type(problem).__name__}: {problem}"
                print(f"{case}: FAILED\n{verdict}", flush=True)
            if verdict:
                failed.append(case)
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
