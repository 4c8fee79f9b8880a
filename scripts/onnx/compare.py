"""Compares archc's ONNX models with its reference interpreter:  compare.py ARCHC REFERENCE CASE..

REFERENCE is the program of compiler/onnx/examples/reference.rs, which writes each case with an image and the outputs for
it; `full:FILE` is written once more by ARCHC, the command line. ONNX's checker looks at the model, shape inference
included. Its outputs under ONNX Runtime are compared with those of the interpreter in f64, for a batch of one image and for
one of two, the first of which is zero.
"""
import pathlib, subprocess, sys, tempfile

import numpy as np, onnx, onnxruntime

TOLERANCE = 1e-5  # of the largest number of an output


def read(path, dtype, shape):
    """Numbers in archc's order of rows, columns, channels as `[channels, rows, columns]`, or as a vector."""
    numbers = np.fromfile(path, dtype)
    return numbers.reshape(*shape[1:], shape[0]).transpose(2, 0, 1) if len(shape) == 3 else numbers.reshape(shape)


def compare(folder):
    """The largest error of an output, by its largest number."""
    model = str(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (entry,), exits = session.get_inputs(), session.get_outputs()
    if {value.shape[0] for value in (entry, *exits)} != {"N"}:
        raise ValueError("the batch is not called N")
    image = read(folder / "image.f32", "<f4", entry.shape[1:])
    expected = {e.name: read(folder / f"{e.name}.f64", "<f8", e.shape[1:]) for e in exits}
    # A softmax makes of an error of its logits one that is at most as large.
    logits = np.abs(expected["logits"]).max() if "logits" in expected else 0.0
    worst = 0.0
    for images in (image[None], np.stack([np.zeros_like(image), image])):
        for (name, wanted), found in zip(expected.items(), session.run(None, {entry.name: images})):
            if found.shape != (len(images), *wanted.shape):
                raise ValueError(f"{name} is {found.shape}")
            if not np.isfinite(found).all() or not np.isfinite(wanted).all():
                raise ValueError(f"{name} has numbers that are not finite")
            scale = max(np.abs(wanted).max(), logits) or 1.0
            worst = max(worst, np.abs(found[-1] - wanted).max() / scale)
    return worst


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
                error = compare(folder)
                verdict = "" if error <= TOLERANCE else f", and {TOLERANCE:.1e} is allowed: FAILED"
                print(f"{case}: {error:.1e}{verdict}", flush=True)
            except Exception as problem:
                verdict = f"{type(problem).__name__}: {problem}"
                print(f"{case}: FAILED\n{verdict}", flush=True)
            if verdict:
                failed.append(case)
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
