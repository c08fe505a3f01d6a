"""What was found, as text and as data."""

import datetime
import os
import platform

MARKS = {"goal": "goal", "ok": "ok", "missed": "MISSED"}


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}"


def result(options, versions, samples, judged, skipped):
    return {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "versions": versions,
        "judged": judged,
        "skipped": skipped,
        "samples": samples,
    }


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def heading(found):
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return [f"{found['machine']}, {found['date']}",
            f"the load on the same cores; medians of {found['rounds']} rounds of {found['seconds']:g} s, in turns",
            versions]


def table(found):
    """For a terminal: a line a target, then what has none."""
    head = ("", "", "ours", "against", "theirs", "ratio", "at least", "goal", "")
    lines = [head]
    before = None
    for line in found["judged"]:
        sign = "≥" if line["higher_is_better"] else "≤"
        unit = line["unit"]
        lines.append((
            line["title"] if line["title"] != before else "", line["what"], number(line["ours"]),
            line["against"] or "", number(line["theirs"]), f"{number(line['value'])} {unit}",
            f"{sign} {line['required']:g} {unit}", f"{sign} {line['goal']:g} {unit}", MARKS[line["mark"]]))
        before = line["title"]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    left = {0, 1, 3, 8}
    text = ["", *heading(found), ""]
    for line in lines:
        fields = (field.ljust(width) if place in left else field.rjust(width)
                  for place, (field, width) in enumerate(zip(line, widths)))
        text.append("  ".join(fields).rstrip())
    for name, why in found["skipped"].items():
        text.append(f"left out: {name}: {why}")
    judged = {line["row"] for line in found["judged"]}
    for name, samples in found["samples"].items():
        if name not in judged:
            figures = samples[len(samples) // 2]["configapi"]
            text.append(f"{name}: " + ", ".join(f"{key} {number(value)}" for key, value in figures.items()))
    return "\n".join(text)
