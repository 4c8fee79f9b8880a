"""What was measured, kept in a folder: a file of JSON lines for each network, batch and number of threads.

A line is what an engine took in a round. A round counts as a whole, since only times of one round are comparable; a file
is replaced as a whole by one with another round, so that an interrupted run loses no more than the round it was in.
"""
import json, os


class Results:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _file(self, network, batch, threads):
        return self.folder / f"{network}-batch{batch}-threads{threads}.jsonl"

    def rounds(self, network, batch, threads, keys=None):
        """Its rounds, each a dictionary of the engines' measurements: those of engines with these keys, else those with
        the keys of the last round."""
        path = self._file(network, batch, threads)
        rounds = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            entry = json.loads(line)
            rounds.setdefault(entry["round"], {})[entry["engine"]] = entry
        rounds = [rounds[number] for number in sorted(rounds)]
        if keys is None and rounds:
            keys = {engine: entry["key"] for engine, entry in rounds[-1].items()}
        return [entries for entries in rounds if all(entries.get(engine, {}).get("key") == key for engine, key in keys.items())]

    def add(self, network, batch, threads, keys, entries):
        """Adds a round; what was measured with other keys is forgotten."""
        kept = self.rounds(network, batch, threads, keys)
        entries = {engine: {"key": keys[engine], **entry} for engine, entry in entries.items()}
        lines = []
        for number, entries in enumerate([*kept, entries]):
            lines += [json.dumps({**entry, "round": number, "engine": engine}) for engine, entry in entries.items()]
        self._replace(self._file(network, batch, threads), lines)

    def sittings(self):
        """What the machine looked like each time that measuring began."""
        path = self.folder / "sittings.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def add_sitting(self, sitting):
        self._replace(self.folder / "sittings.jsonl", [json.dumps(s) for s in [*self.sittings(), sitting]])

    def forget(self):
        for path in self.folder.glob("*.jsonl"):
            path.unlink()

    @staticmethod
    def _replace(path, lines):
        new = path.with_suffix(".new")
        new.write_text("".join(line + "\n" for line in lines))
        os.replace(new, path)
