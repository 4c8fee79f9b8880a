"""Times archc against ONNX Runtime and OpenVINO and prints the ratios; scripts/peers.sh calls it.

Machines drift and have other work, so a single time says little. All engines of a network are loaded and take turns: each
round times all of them one after another, every second round in the opposite order. A ratio is the better peer's time by
archc's within a round, and the median over the rounds counts: above 1, archc is faster. A round in which other processes
took more than 3% of the machine is repeated, as often as there are rounds. What was measured is kept: a call that was
interrupted goes on where it was, and what has not changed is not measured again (--fresh forgets it).
"""
import argparse, hashlib, os, pathlib, subprocess, sys, time
import engines, machine, table
from catalogue import GOLDENS
from results import Results

HERE = pathlib.Path(__file__).resolve().parent
# Between two engines, so that the threads of the first have gone to sleep.
PAUSE = 0.05


def say(text):
    print(text, file=sys.stderr, flush=True)


def of_others(running, measure):
    """What `measure` gives, and the share of the machine that other processes took meanwhile."""
    sessions = {os.getsid(0), *(process.process.pid for process in running.values())}
    start, all_before, own_before = time.perf_counter(), machine.busy_seconds(), machine.seconds_of(sessions)
    result = measure()
    wall, own, everybody = time.perf_counter() - start, machine.seconds_of(sessions) - own_before, machine.busy_seconds() - all_before
    return result, max(0.0, everybody - own) / (wall * os.cpu_count())


def measure_round(running, seconds, backwards):
    entries = {}
    for name in list(running)[:: -1 if backwards else 1]:
        entries[name] = running[name].measure(seconds)
        time.sleep(PAUSE)
    return {name: entries[name] for name in running}


def measure(options, results, network, batch, threads, programs):
    """Measures what rounds there are not yet."""
    of = (network, batch, threads)
    if not all((network, mode) in programs for mode in options.modes):
        programs.update({(network, mode): engines.program(options.archc, network, mode) for mode in options.modes})
    wanted = [engines.peer(peer, options.onnx, *of, options.isa) for peer in options.peers]
    wanted += [engines.ours(mode, programs[network, mode], batch, threads, options.isa) for mode in options.modes]
    keys = {engine.name: engine.key for engine in wanted}
    done = len(results.rounds(*of, keys))
    if done >= options.rounds:
        return
    repeats = options.rounds
    with engines.all_running(wanted) as running:
        while done < options.rounds:
            entries, others = of_others(running, lambda: measure_round(running, options.seconds, done % 2 == 1))
            disturbed = others > machine.DISTURBED
            if disturbed and repeats > 0:
                repeats -= 1
                continue
            entries = {name: {**entry, "others": round(others, 3), "disturbed": disturbed} for name, entry in entries.items()}
            results.add(*of, keys, entries)
            done += 1


def kept(options, results):
    """The cases that were measured, among those asked for, in the order in which they are shown."""
    found = [(network, batch, threads, results.rounds(network, batch, threads)) for batch in options.batches for threads in options.threads for network in options.networks]
    return [table.Case(*case) for case in found if case[-1]]


def head(options, cases, sittings):
    versions = ", ".join(f"{engines.PEERS[peer]} {engines.version(peer)}" for peer in options.peers)
    rounds = sorted({len(case.rounds) for case in cases})
    lines = [
        f"Machine: {machine.describe()}.",
        f"Peers: {versions}, on what Keras exports. archc {options.commit}" + (f", ARCHC_ISA={options.isa}" if options.isa else "") + f". Measured {', '.join(s['time'] for s in sittings)}.",
        f"Milliseconds for a whole batch, the median of {' to '.join(map(str, rounds[:1] + rounds[1:][-1:]))} rounds of {options.seconds:g} s an engine; ratios are the better peer's time by ours, with the least and the most of the rounds' in parentheses.",
    ]
    if options.left_out:
        lines.append(options.left_out)
    complaints = [f"{s['time']}: {wrong}" for s in sittings if (wrong := machine.complaint(s))]
    disturbed, count = sum(case.disturbed() for case in cases), sum(len(case.rounds) for case in cases)
    if complaints or disturbed:
        trouble = [*complaints, *([f"other processes disturbed {disturbed} of {count} rounds"] if disturbed else [])]
        lines.append(f"**The machine was not quiet** ({'; '.join(trouble)}): read the ratios with care.")
    else:
        lines.append(f"The machine was quiet: no other process disturbed any of the {count} rounds.")
    return [line for text in lines for line in (text, "")]


def numbers(text):
    values = [int(word) for word in text.split(",")]
    if not all(0 < value <= 1024 for value in values):
        raise ValueError
    return values


def names(known):
    def read(text):
        words = text.split(",")
        if wrong := [word for word in words if word not in known]:
            raise argparse.ArgumentTypeError(f"{wrong[0]} is none of {', '.join(known)}")
        return words

    return read


def parse():
    parser = argparse.ArgumentParser(prog="scripts/peers.sh [--cache DIR]", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for hidden in "onnx", "results":
        parser.add_argument(f"--{hidden}", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    for hidden in "archc", "commit":
        parser.add_argument(f"--{hidden}", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--networks", type=names(GOLDENS), default=list(GOLDENS), metavar="A,B", help=", ".join(GOLDENS))
    parser.add_argument("--batches", type=numbers, default=[1, 8], metavar="N,M", help="images in an inference: 1,8")
    parser.add_argument("--threads", type=numbers, default=sorted({1, machine.cores()}), metavar="N,M", help="1 and as many as there are cores")
    parser.add_argument("--rounds", type=int, default=5, help="5")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each engine in a round: 0.5")
    parser.add_argument("--peers", type=names(engines.PEERS), metavar="A,B", help=", ".join(engines.PEERS))
    parser.add_argument("--modes", metavar="A,B", help="archc's modes; all that archc has and that this machine has units for")
    parser.add_argument("--isa", choices=["avx2", "avx512"], help="compute with these instructions at most: archc by ARCHC_ISA, OpenVINO, the only peer then, by ONEDNN_MAX_CPU_ISA (f32 needs no more than avx512 anyway)")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured")
    parser.add_argument("--show", action="store_true", help="measure nothing, show what was measured")
    options = parser.parse_args()
    complete(options, parser)
    return options


def complete(options, parser):
    """Fills in what depends on the machine and on what archc has."""
    known = engines.modes(options.archc)
    has_bf16 = bool({"avx512_bf16", "amx_bf16"} & machine.flags()) and not options.isa
    options.left_out = ""
    if options.modes is None:
        options.modes = [mode for mode in known if mode != table.BF16 or has_bf16]
        if options.modes != known:
            options.left_out = f"`{table.BF16}` is left out: " + ("the instructions allowed have" if options.isa else "this machine has") + " no units for it."
    else:
        try:
            options.modes = names(known)(options.modes)
        except argparse.ArgumentTypeError as error:
            parser.error(f"argument --modes: {error}")
    if options.peers is None:
        # ONNX Runtime cannot be told to leave instructions out.
        options.peers = ["openvino"] if options.isa == "avx2" else ["ort", "openvino"]
        if table.BF16 in options.modes and has_bf16:
            options.peers.append("openvino-bf16")


def main():
    options = parse()
    where = hashlib.sha256(f"{machine.describe()} {options.isa} {options.seconds}".encode()).hexdigest()[:12]
    results = Results(options.results / where)
    if options.fresh:
        results.forget()
    if not options.show:
        if missing := [network for network in options.networks if not (options.onnx / f"{network}.onnx").exists()]:
            subprocess.run([sys.executable, str(HERE / "export.py"), str(options.onnx), *missing], check=True)
        seen = machine.look()
        if wrong := machine.complaint(seen):
            say(f"The machine is not quiet: {wrong}. The ratios will tell less.")
        results.add_sitting(seen)
        programs, start = {}, time.perf_counter()
        for batch in options.batches:
            for threads in options.threads:
                for network in options.networks:
                    measure(options, results, network, batch, threads, programs)
                    case = table.Case(network, batch, threads, results.rounds(network, batch, threads))
                    ratios = ", ".join(f"{mode} {case.ratio(mode):.2f}" for mode in options.modes if case.ratio(mode))
                    say(f"{time.perf_counter() - start:5.0f} s  {case}: {ratios}")
    cases = kept(options, results)
    if not cases:
        sys.exit("peers.sh: nothing was measured yet")
    print("\n".join(head(options, cases, results.sittings()) + table.everything(cases, options.isa or machine.instruction_set())))


if __name__ == "__main__":
    try:
        main()
    except engines.Failure as failure:
        sys.exit(f"peers.sh: {failure}")
    except KeyboardInterrupt:
        sys.exit("peers.sh: interrupted; the same command goes on from here")
