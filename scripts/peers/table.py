"""The results as Markdown: for each batch and number of threads what everybody takes, then archc's targets, then the columns
of Keras's own table."""
import math, statistics
from catalogue import GOLDENS, TEN, golden
from engines import PEERS

NAMES = {"alexnet_torch": "AlexNet (torchvision)", "lenet5": "LeNet-5"}
BF16 = "bf16"
# What archc aims at: for which instruction set (none: the fastest that there is), in which mode, against which peers (none:
# the better), the geometric mean over the ten, and the least of them.
MEANS = [
    ("amx", "f32", None, 1.6, 1.25),
    ("amx", "f32-fast", None, 2.2, 1.5),
    ("amx", BF16, None, 1.3, 1.05),
    ("avx512", "f32", None, 1.2, 0.95),
    ("avx2", "f32", "openvino", 1.05, None),
]
# The least ratio of a network in f32, by batch (None: any).
LEAST = [("mobilenet", None, 1.4), ("mobilenet_v2", None, 1.4), ("efficientnet_b0", None, 1.4), ("alexnet_torch", 1, 1.3), ("alexnet_torch", 8, 1.4)]
LENET_MICROSECONDS = 15


def name(network):
    return NAMES.get(network, GOLDENS[network].rpartition("/")[2])


def is_rival(peer, mode):
    """Whether a peer computes as exactly as the mode does."""
    return (peer == "openvino-bf16") == (mode == BF16)


class Case:
    """The rounds of a network with a batch on some threads."""

    def __init__(self, network, batch, threads, rounds):
        self.network, self.batch, self.threads, self.rounds = network, batch, threads, rounds
        self.engines = list(rounds[0])

    def __str__(self):
        return f"{name(self.network)}, batch {self.batch}, {threads_of(self.threads)}"

    def median(self, engine):
        return statistics.median(entries[engine]["median_ms"] for entries in self.rounds)

    def better(self, mode):
        """The peer that takes the least."""
        return min((peer for peer in PEERS if peer in self.engines and is_rival(peer, mode)), key=self.median, default=None)

    def ratios(self, mode, peer=None):
        """A peer's time by ours, round by round; none where there is nothing to compare."""
        peer = peer or self.better(mode)
        if mode not in self.engines or peer not in self.engines:
            return None
        return [entries[peer]["median_ms"] / entries[mode]["median_ms"] for entries in self.rounds]

    def ratio(self, mode, peer=None):
        ratios = self.ratios(mode, peer)
        return ratios and statistics.median(ratios)

    def disturbed(self):
        return sum(any(entry["disturbed"] for entry in entries.values()) for entries in self.rounds)


def threads_of(count):
    return f"{count} thread" + ("s" if count > 1 else "")


def number(ms):
    return f"{ms:.4f}" if ms < 0.1 else f"{ms:.3g}" if ms < 100 else f"{ms:.0f}"


def row(cells):
    return f"| {' | '.join(cells)} |"


def heading(cells):
    return [row(cells), row("---" for _ in cells)]


def mean(values):
    return math.exp(statistics.mean(map(math.log, values)))


def comparison(cases, peers, modes):
    """One table: cases of one batch and number of threads."""
    lines = heading(["network", *(f"{PEERS[peer]}, ms" for peer in peers), *(cell for mode in modes for cell in (f"`{mode}`, ms", "ratio (spread)"))])
    for case in cases:
        cells = [name(case.network), *(number(case.median(peer)) if peer in case.engines else "" for peer in peers)]
        for mode in modes:
            ratios = case.ratios(mode)
            cells.append(number(case.median(mode)) if mode in case.engines else "")
            cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else "")
        lines.append(row(cells))
    for title, of in ("geometric mean", mean), ("least", min):
        cells = [f"{title} of the first ten", *("" for _ in peers)]
        for mode in modes:
            ratios = [case.ratio(mode) for case in cases if case.network in TEN and case.ratio(mode)]
            cells += ["", f"{of(ratios):.2f}" if ratios else ""]
        lines.append(row(cells))
    return lines


def targets(cases, isa):
    """Those that what was measured can tell of."""
    lines = heading(["target", "figure", "aim"])
    add = lambda what, figure, target, met: lines.append(row([what, figure, target if met else f"{target}, MISSED"]))
    for needed, mode, peer, least_mean, least in MEANS:
        ten = [case for case in cases if case.network in TEN and case.ratio(mode, peer)]
        if not ten or needed not in (isa, "amx"):
            continue
        where = f" against {PEERS[peer]}" if peer else ""
        with_units = f" on {needed.upper()}" if needed != isa or needed != "amx" else ""
        figure = mean([case.ratio(mode, peer) for case in ten])
        add(f"`{mode}`{where}, geometric mean of {len(ten)}", f"{figure:.2f}", f"{least_mean}{with_units}", figure >= least_mean)
        if least:
            worst = min(ten, key=lambda case: case.ratio(mode, peer))
            figure = worst.ratio(mode, peer)
            add(f"`{mode}`{where}, least of {len(ten)}", f"{figure:.2f} ({worst})", f"{least}{with_units}", figure >= least)
    for network, batch, least in LEAST:
        own = [case for case in cases if case.network == network and batch in (None, case.batch) and case.ratio("f32")]
        if own:
            worst = min(own, key=lambda case: case.ratio("f32"))
            add(f"`f32`, least of {name(network)}" + (f" at batch {batch}" if batch else ""), f"{worst.ratio('f32'):.2f} ({worst})", f"{least}", worst.ratio("f32") >= least)
    for case in cases:
        if (case.network, case.batch, case.threads) == ("lenet5", 1, 1) and "f32" in case.engines:
            time = 1e3 * case.median("f32")
            add(f"`f32`, {case}", f"{time:.1f} µs", f"under {LENET_MICROSECONDS} µs", time < LENET_MICROSECONDS)
    return lines


def facts(network):
    """Parameters as Keras counts them, and its depth: layers that have tensors."""
    file = golden(network)
    layers = {tensor.rpartition("/")[0] or tensor.rpartition(".")[0] for tensor, _ in file["weights"]}
    # Its mean, variance and count are no tensors of the golden.
    statistics_of_input = sum(layer[1] == "Normalization" for layer in file["layers"])
    return file["params"], len(layers) + statistics_of_input


def of_keras(cases, modes, threads):
    """The columns of keras.io/api/applications, without the accuracies, which are those of the weights."""
    batches = sorted({case.batch for case in cases})
    columns = [(mode, batch) for batch in batches for mode in modes]
    lines = heading(["network", "size (MB)", "parameters", "depth", *(f"`{mode}`, batch {batch}" for mode, batch in columns)])
    for network in dict.fromkeys(case.network for case in cases):
        parameters, depth = facts(network)
        times = {case.batch: case for case in cases if case.network == network and case.threads == threads}
        size = 4 * parameters / 2**20
        cells = [name(network), f"{size:.0f}" if size >= 1 else f"{size:.2f}", f"{parameters / 1e6:.1f}M" if parameters >= 1e5 else f"{parameters:,}", str(depth)]
        for mode, batch in columns:
            case = times.get(batch)
            cells.append(number(case.median(mode)) if case and mode in case.engines else "")
        lines.append(row(cells))
    return lines


def everything(cases, isa):
    """All tables of these cases."""
    peers = [peer for peer in PEERS if any(peer in case.engines for case in cases)]
    modes = list(dict.fromkeys(engine for case in cases for engine in case.engines if engine not in PEERS))
    lines = []
    for batch, threads in dict.fromkeys((case.batch, case.threads) for case in cases):
        lines += [f"### Batch {batch}, {threads_of(threads)}", ""]
        lines += comparison([case for case in cases if (case.batch, case.threads) == (batch, threads)], peers, modes) + [""]
    if aims := targets(cases, isa):
        lines += ["### Targets", "", *aims, ""]
    threads = max(case.threads for case in cases)
    lines += [f"### As Keras's table: time (ms) per inference step, CPU, {threads_of(threads)}", "", *of_keras(cases, modes, threads)]
    return lines
