"""Times an engine on an ONNX file:  time_engine.py FILE ort|openvino|openvino-bf16 BATCH THREADS

Loads it, runs it twice on random input, and prints `ready`. Then it does for each line of standard input, which says for
how many seconds, what the programs of `archc bench --program` do, and prints what these print.
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


def openvino(precision):
    def load(path, batch, threads):
        import openvino as ov

        core = ov.Core()
        model = core.read_model(path)
        shape = (batch, *(size.get_length() for size in list(model.input(0).partial_shape)[1:]))
        model.reshape(shape)
        # Left to itself it computes in bf16 where the processor has units for that.
        options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision}
        request = core.compile_model(model, "CPU", options).create_infer_request()
        x = numbers(shape)
        return lambda: request.infer({0: x}, share_inputs=True)

    return load


def numbers(shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def measure(run, seconds):
    """As many runs as fit into the seconds, one at least. The first does not count where there are others."""
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - begin))
    times = sorted(times[1:] or times)
    return {"median_ms": times[len(times) // 2], "min_ms": times[0], "runs": len(times)}


def main():
    path, engine, batch, threads = sys.argv[1:]
    load = {"ort": ort, "openvino": openvino("f32"), "openvino-bf16": openvino("bf16")}[engine]
    run = load(path, int(batch), int(threads))
    run(), run()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(run, float(line))), flush=True)


if __name__ == "__main__":
    main()
