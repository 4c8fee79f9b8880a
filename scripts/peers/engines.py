"""The engines that are compared, each a process that stays while its network is measured: it measures when it is told to."""
import contextlib, dataclasses, hashlib, importlib.metadata, json, os, pathlib, re, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {"ort": "ONNX Runtime", "openvino": "OpenVINO", "openvino-bf16": "OpenVINO bf16"}
_PACKAGES = {"ort": "onnxruntime", "openvino": "openvino", "openvino-bf16": "openvino"}


class Failure(Exception):
    pass


@dataclasses.dataclass
class Engine:
    """How to start an engine on a network, and what its times depend on: the hash of a program of ours, a peer's version
    and its file."""
    name: str
    key: str
    command: list
    environment: dict


def version(peer):
    return importlib.metadata.version(_PACKAGES[peer])


def peer(name, onnx, network, batch, threads, isa):
    environment = {"ONEDNN_MAX_CPU_ISA": isa.upper()} if isa == "avx2" and name.startswith("openvino") else {}
    command = [sys.executable, str(HERE / "time_engine.py"), str(onnx / f"{network}.onnx"), name, str(batch), str(threads)]
    return Engine(name, f"{version(name)} {onnx.name} {' '.join(environment.values())}".strip(), command, environment)


def modes(archc):
    """Those that archc has, as its help lists them."""
    text = subprocess.run([archc, "bench", "-h"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"--mode .*?\[possible values: (.*?)\]", text, re.DOTALL)
    if not found:
        raise Failure("archc's help lists no modes")
    return re.split(r",\s+", found[1])


def program(archc, network, mode):
    """Builds a network's program; its path and its hash."""
    done = subprocess.run([archc, "bench", f"zoo:{network}", "--mode", mode, "--program"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failure(f"archc cannot build {network} in mode {mode}")
    path = done.stdout.strip()
    return path, hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:16]


def ours(mode, program, batch, threads, isa):
    path, digest = program
    environment = {"ARCHC_ISA": isa} if isa else {}
    return Engine(mode, f"{digest} {isa or ''}".strip(), [path, "bench", str(batch), str(threads), "-"], environment)


class Running:
    """An engine's process, loaded and ready."""

    def __init__(self, engine):
        self.engine = engine
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(engine.command, env={**os.environ, **engine.environment}, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, text=True, start_new_session=True)
        try:
            if self._line() != "ready":
                raise Failure(f"{' '.join(engine.command)} is not ready")
        except BaseException:
            self.stop()
            raise

    def _line(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.errors.seek(0)
            raise Failure(f"{' '.join(self.engine.command)} ended:\n{self.errors.read().strip()[-2000:]}")
        return line

    def measure(self, seconds):
        """Lets it run for so long: the median and the least time in milliseconds, and how many runs that are."""
        start = time.perf_counter()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
        result = json.loads(self._line())
        wall = 1e3 * (time.perf_counter() - start)
        if result["min_ms"] * result["runs"] > 1.02 * wall + 1:
            raise Failure(f"{' '.join(self.engine.command)} claims more runs than fit into its {wall:.0f} ms: {result}")
        return result

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


@contextlib.contextmanager
def all_running(engines):
    """All of them, ready, one loaded after another."""
    running = {}
    try:
        for engine in engines:
            running[engine.name] = Running(engine)
        yield running
    finally:
        for process in running.values():
            process.stop()
