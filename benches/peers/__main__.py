"""The comparison: what is measured, in which order, and what is written. Started by `run`, which says how.

`processes` starts and stops what is compared, `load` puts load on it, `rows` says what is measured and what is
to be reached, `report` prints the table, `drawing` makes the picture.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

import drawing
import report
import rows
from processes import Machine


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run")
    parser.add_argument("--configapi", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--hello", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", default="", help="only rows whose name begins with one of these, by comma")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="a measurement")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each, not counted")
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--data", type=pathlib.Path, help="folder for the databases' files")
    return parser.parse_args()


def main():
    options = arguments()
    wanted = [start for start in options.rows.split(",") if start]
    chosen = [row for row in rows.ROWS if not wanted or any(row.name.startswith(start) for start in wanted)]
    if options.list or not chosen:
        print("\n".join(f"{row.name:<14}{row.title}" for row in rows.ROWS))
        return 0 if options.list else 2
    samples, skipped = {}, {}
    with tempfile.TemporaryDirectory(prefix="configapi-peers-", dir=options.data) as folder:
        os.chmod(folder, 0o755)
        with Machine(folder, options) as machine:
            for round_number in range(options.rounds):
                for row in chosen:
                    if row.name not in skipped:
                        measure(machine, row, round_number, samples, skipped)
            versions = machine.versions()
    judged = [line for row in chosen for line in row.judge(samples.get(row.name, []))]
    result = report.result(options, versions, samples, judged, skipped)
    print(report.table(result))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.out / "results.svg").write_text(drawing.svg(result))
    return 1 if any(line["mark"] == "missed" for line in judged) else 0


def measure(machine, row, round_number, samples, skipped):
    """One round of a row: all of its peers, another one first each time."""
    peers = row.peers[round_number % len(row.peers):] + row.peers[: round_number % len(row.peers)]
    sample = {}
    for peer in peers:
        print(f"round {round_number + 1}: {row.name}: {peer}", file=sys.stderr, flush=True)
        try:
            sample[peer] = row.measure(machine, peer)
        except rows.Skipped as why:
            print(f"  left out: {why}", file=sys.stderr)
            skipped[row.name] = str(why)
            return
    samples.setdefault(row.name, []).append(sample)


if __name__ == "__main__":
    sys.exit(main())
