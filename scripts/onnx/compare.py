"""Compares archc's ONNX models with its reference interpreter:  compare.py REFERENCE CASE..

REFERENCE is the program of compiler/onnx/examples/reference.rs, which writes each case with an image and the outputs for
it. ONNX's checker looks at the model, shape inference included. Its outputs under ONNX Runtime are compared with those of
the interpreter in f64, for a batch of one image, and for a batch of two whose first image is zero.
"""
import pathlib, subprocess, sys, tempfile

import numpy as np, onnx, onnxruntime

TOLERANCE = 1e-5  # of the largest number


def shape_of(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def read(path, dtype, shape):
    """Numbers in archc's order of rows, columns, channels as `[channels, rows, columns]`, or as a vector."""
    numbers = np.fromfile(path, dtype)
    return numbers.reshape(*shape[1:], shape[0]).transpose(2, 0, 1) if len(shape) == 3 else numbers.reshape(shape)


def compare(folder):
    """The largest error of an output, in units of what is allowed."""
    path = str(folder / "model.onnx")
    onnx.checker.check_model(path, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (entry,) = session.get_inputs()
    assert entry.shape[0] == "N", entry.shape
    image = read(folder / "image.f32", "<f4", entry.shape[1:])
    expected = {o.name: read(folder / f"{o.name}.f64", "<f8", o.shape[1:]) for o in session.get_outputs()}
    largest = {name: np.abs(numbers).max() for name, numbers in expected.items()}
    worst = 0.0
    for images in (image[None], np.stack([np.zeros_like(image), image])):
        for output, found in zip(session.get_outputs(), session.run(None, {entry.name: images})):
            wanted = expected[output.name]
            assert found.shape == (len(images), *wanted.shape), (output.name, found.shape, wanted.shape)
            assert np.isfinite(found).all() and np.isfinite(wanted).all(), output.name
            # A softmax makes of an error of its logits one that is at most as large.
            scale = max(largest[output.name], largest.get("logits", 0.0))
            worst = max(worst, np.abs(found[-1] - wanted).max() / (scale or 1.0))
    return worst


def main(reference, cases):
    failed = []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            try:
                subprocess.run([reference, case, folder], check=True)
                error = compare(folder)
                verdict = "" if error <= TOLERANCE else "  TOO LARGE"
                print(f"{case}: {error:.1e}{verdict}", flush=True)
            except Exception as problem:
                verdict = f"{type(problem).__name__}: {problem}"
                print(f"{case}: FAILED\n{verdict}", flush=True)
            if verdict:
                failed.append(case)
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
