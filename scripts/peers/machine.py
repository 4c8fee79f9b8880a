"""What machine this is, and whether others use it meanwhile."""
import datetime, os, platform, statistics, subprocess, sys, time

# Other processes' share of the machine from which on a measurement is not worth much, and how much slower than the
# fastest a constant piece of work may be at times.
DISTURBED = 0.03
UNSTEADY = 1.10

_PIECES = """
import time
def piece():
    start = time.perf_counter()
    for _ in range(200_000): pass
    return time.perf_counter() - start
print(*[piece() for _ in range(250)])
"""


def _processor():
    """/proc/cpuinfo of the first processor."""
    lines = open("/proc/cpuinfo").read().split("\n\n")[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def flags():
    processor = _processor()
    return set(processor.get("flags", processor.get("Features", "")).split())


def instruction_set():
    """The fastest that archc has kernels for, by the names of ARCHC_ISA."""
    have = flags()
    for name, needed in ("amx", "amx_bf16"), ("avx512", "avx512f"), ("avx2", "avx2"):
        if needed in have:
            return name
    return "portable"


def cores():
    return len(os.sched_getaffinity(0))


def describe():
    processor = _processor()
    name = processor.get("model name", platform.machine())
    kinds = [kind for kind, flag in (("AVX2", "avx2"), ("AVX-512", "avx512f"), ("AVX-512 BF16", "avx512_bf16"), ("AMX", "amx_bf16")) if flag in flags()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    where = ", virtual" if "hypervisor" in flags() else ""
    numbers = [f"{key} {processor[key]}" for key in ("cpu family", "model") if key in processor]
    return f"{name} ({', '.join([*numbers, *kinds])}{where}), {cores()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def busy_seconds():
    """Processor time that the machine has spent, or was kept from spending, since it started."""
    fields = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def seconds_of(sessions):
    """Processor time of the processes of these sessions, and of their children that have ended."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in sessions:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def look():
    """How quiet it is now: what others take of it in three seconds, in which the load average would still have our own
    compiler, and how steadily all cores do the same piece of work again and again."""
    start, before = time.perf_counter(), busy_seconds()
    time.sleep(3)
    others = (busy_seconds() - before) / ((time.perf_counter() - start) * os.cpu_count())
    loops = [subprocess.Popen([sys.executable, "-c", _PIECES], stdout=subprocess.PIPE, text=True) for _ in range(cores())]
    times = [sorted(map(float, loop.communicate()[0].split())) for loop in loops]
    spread = max(statistics.quantiles(one, n=20)[-1] / one[0] for one in times)
    return {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="minutes"), "others": others, "spread": spread}


def complaint(seen):
    """What is wrong with a look, or nothing."""
    wrong = []
    if seen["others"] > DISTURBED:
        wrong.append(f"{seen['others']:.0%} of it was busy before")
    if seen["spread"] > UNSTEADY:
        wrong.append(f"the same work took up to {seen['spread']:.2f} times as long")
    return " and ".join(wrong)
