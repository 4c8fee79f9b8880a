"""Compares `archc run --json` with PyTorch's answers:  compare.py REFERENCE.json NETWORK ANSWERS.jsonl

The same five classes in the same order; probabilities to 1e-3 where both had the same pixels (PNG), to 2e-2 where two
JPEG decoders were at work.
"""
import json
import pathlib
import sys


def main():
    reference, network, answers = sys.argv[1:]
    expected = {a["image"]: a for a in json.loads(pathlib.Path(reference).read_text())["answers"] if a["network"] == network}
    found = {}
    for line in pathlib.Path(answers).read_text().splitlines():
        answer = json.loads(line)
        found[pathlib.Path(answer["image"]).name] = answer["classes"]
    if not expected or expected.keys() != found.keys():
        sys.exit(f"{network}: answers for {sorted(found)}, and the reference has {sorted(expected)}")
    failed = False
    for image, answer in expected.items():
        tolerance = 1e-3 if image.endswith(".png") else 2e-2
        classes = [c["index"] for c in found[image]]
        off = max(abs(c["probability"] - p) for c, p in zip(found[image], answer["probabilities"]))
        same = classes == answer["classes"] and off <= tolerance
        failed |= not same
        best = found[image][0]
        print(f"{network} {image}: {best['label']} {best['probability']:.4f}, {'the' if same else 'NOT the'} top 5 of PyTorch; "
              f"probabilities differ by {off:.1e} (at most {tolerance:.0e})")
        if not same:
            print(f"  found {classes}, expected {answer['classes']}")
    sys.exit(failed)


main()
