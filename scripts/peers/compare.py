"""Times archc against ONNX Runtime and OpenVINO, all in f32, and prints the ratios; scripts/peers.sh calls it.

Machines drift and have other work, so a single time says little. Engines take turns: each round times all of them one
after another, every second round in the opposite order. A ratio is peer / archc within a round, and the median over the
rounds counts: above 1, archc is faster. A round in which other processes took more than 3% of the machine is repeated.
"""
import argparse, json, math, os, pathlib, resource, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
# In the zoo's names, with the least ratio against ONNX Runtime that archc aims at.
TARGETS = {"lenet5": 0.65, "alexnet": 0.65, "vgg16": 0.8, "resnet50": 0.8, "inception_v3": 0.8, "mobilenet": 0.65, "mobilenet_v2": 0.65}
MEAN_TARGET = 0.85
PEERS = {"ort": "ONNX Runtime", "openvino": "OpenVINO"}
DISTURBED = 0.03


def file_of(network, engine):
    """The export on which an engine is the fastest; networks.py says why there are two of AlexNet."""
    return "alexnet_spelled_out" if (network, engine) == ("alexnet", "ort") else network


def processor_seconds():
    """What the machine has computed since it started, and what of it was for our children that have ended."""
    user, nice, system, _, _, *interrupts = map(int, open("/proc/stat").readline().split()[1:8])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK"), used.ru_utime + used.ru_stime


def measure(command):
    """The median that a command prints, in milliseconds."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    wall = 1e3 * (time.perf_counter() - start)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["min_ms"] * result["runs"] > 1.02 * wall:
        sys.exit(f"{' '.join(command)} claims more runs than fit into its {wall:.0f} ms: {result}")
    return result["median_ms"]


class Pairing:
    """The rounds of one network."""

    def __init__(self, options, network):
        self.options = options
        size = [str(options.batch), str(options.threads), str(options.seconds)]
        self.commands = {"archc": [options.archc, "bench", f"zoo:{network}", "--json", "--batch", size[0], "--threads", size[1], "--seconds", size[2]]}
        for engine in options.engines:
            path = str(options.onnx / f"{file_of(network, engine)}.onnx")
            self.commands[engine] = [sys.executable, str(HERE / "time_engine.py"), path, engine, *size]
        self.rounds, self.repeated, self.kept = [], 0, 0

    def run(self):
        # The first call builds the network's program; no round shall have that in it.
        measure([*self.commands["archc"][:-1], "0.01"])
        while len(self.rounds) < self.options.rounds:
            order = list(self.commands)[:: 1 if len(self.rounds) % 2 == 0 else -1]
            start, (all_before, own_before) = time.perf_counter(), processor_seconds()
            times = {engine: measure(self.commands[engine]) for engine in order}
            wall, (all_after, own_after) = time.perf_counter() - start, processor_seconds()
            others = (all_after - all_before) - (own_after - own_before)
            disturbed = others > DISTURBED * wall * os.cpu_count()
            if disturbed and self.repeated < 3 * self.options.rounds:
                self.repeated += 1
            else:
                self.rounds.append(times)
                self.kept += disturbed
        return self

    def median(self, engine):
        return statistics.median(times[engine] for times in self.rounds)

    def ratios(self, engine):
        return [times[engine] / times["archc"] for times in self.rounds]


def verdict(options, ratios, target):
    """The target and whether it is met; it is meant for ONNX Runtime, one image and two threads."""
    if "ort" not in ratios or (options.batch, options.threads) != (1, 2):
        return ""
    return f"{target:.2f}" if ratios["ort"] >= target else f"{target:.2f}, MISSED"


def parse():
    parser = argparse.ArgumentParser(prog="scripts/peers.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnx", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--archc", required=True, help=argparse.SUPPRESS)
    choices = lambda known: lambda text: [name if name in known else parser.error(f"{name} is none of {', '.join(known)}") for name in text.split(",")]
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each engine in a round")
    parser.add_argument("--networks", type=choices(TARGETS), default=list(TARGETS), metavar="A,B", help=", ".join(TARGETS))
    parser.add_argument("--engines", type=choices(PEERS), default=list(PEERS), metavar="A,B", help=", ".join(PEERS))
    return parser.parse_args()


def main():
    options = parse()
    needed = {file_of(network, engine) for network in options.networks for engine in options.engines}
    if missing := sorted(name for name in needed if not (options.onnx / f"{name}.onnx").exists()):
        subprocess.run([sys.executable, str(HERE / "export.py"), str(options.onnx), *missing], check=True)
    print(f"Batch {options.batch}, threads {options.threads}, f32; milliseconds, and the median of {options.rounds} rounds' ratios (least to most)\n")
    print("| network | archc |", *(f"{PEERS[engine]} | ratio |" for engine in options.engines), "target |")
    print("| --- | --- |", *("--- | --- |" for _ in options.engines), "--- |", flush=True)
    medians, repeated, kept = {engine: [] for engine in options.engines}, 0, 0
    for network in options.networks:
        pairing = Pairing(options, network).run()
        row, ratios = [network, f"{pairing.median('archc'):.4g}"], {}
        for engine in options.engines:
            found = pairing.ratios(engine)
            ratios[engine] = statistics.median(found)
            medians[engine].append(ratios[engine])
            row += [f"{pairing.median(engine):.4g}", f"{ratios[engine]:.2f} ({min(found):.2f} to {max(found):.2f})"]
        repeated, kept = repeated + pairing.repeated, kept + pairing.kept
        print(f"| {' | '.join(row)} | {verdict(options, ratios, TARGETS[network])} |", flush=True)
    means = {engine: math.exp(statistics.mean(map(math.log, ratios))) for engine, ratios in medians.items()}
    print("| geometric mean | |", *(f"| {mean:.2f} |" for mean in means.values()), f"{verdict(options, means, MEAN_TARGET)} |")
    print(f"\nThe targets are for ONNX Runtime. Rounds repeated because of other processes: {repeated}; disturbed, but counted after too many: {kept}")


if __name__ == "__main__":
    main()
