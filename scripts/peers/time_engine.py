"""Times an engine on an ONNX file:  time_engine.py FILE ort|openvino BATCH THREADS SECONDS

Prints what `archc bench --json` prints. The engine gets random input, two runs that do not count, and the seconds.
"""
import json, sys, time
import numpy as np


def ort(path, batch, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    x = numbers((batch, *entry.shape[1:]))
    return lambda: session.run(None, {entry.name: x})


def openvino(path, batch, threads):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(path)
    shape = (batch, *(size.get_length() for size in list(model.input(0).partial_shape)[1:]))
    model.reshape(shape)
    # Left to itself it computes in bf16 where the processor has units for that.
    options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", options).create_infer_request()
    x = numbers(shape)
    return lambda: request.infer({0: x}, share_inputs=True)


def numbers(shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def main():
    path, engine, batch, threads, seconds = sys.argv[1:]
    run = {"ort": ort, "openvino": openvino}[engine](path, int(batch), int(threads))
    run(), run()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < float(seconds):
        begin = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - begin))
    times.sort()
    print(json.dumps({"median_ms": times[len(times) // 2], "min_ms": times[0], "runs": len(times)}))


if __name__ == "__main__":
    main()
