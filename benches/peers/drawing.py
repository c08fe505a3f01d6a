"""The picture of a run: a bar a target, its length by how far it is reached, readable on light and on dark.

Every bar's length is ours against what is required (1 is just reached), for what is to be low its inverse, so that
longer is always better; the numbers stand beside it.
"""

from xml.sax.saxutils import escape

import report

WIDTH, ROW, TOP = 1000, 26, 96
LABEL, BAR_LEFT, BAR_RIGHT = 24, 520, 770
#  A bar of twice what is required fills the room.
FULL = 2.0

STYLE = """
svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
.ground { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; } .head { font-size: 17px; font-weight: 600; }
.goal { fill: #1a7f37; } .ok { fill: #2f81f7; } .missed { fill: #cf222e; }
.rail { fill: #eaeef2; } .line { stroke: #59636e; stroke-dasharray: 3 3; } .number { text-anchor: end; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9198a1; }
  .goal { fill: #3fb950; } .ok { fill: #58a6ff; } .missed { fill: #f85149; }
  .rail { fill: #21262d; } .line { stroke: #9198a1; }
}
"""


def reach(line):
    """How far it is reached; 1 is just so."""
    if line["higher_is_better"]:
        return line["value"] / line["required"]
    # Nothing lost, or less than nothing: as good as it gets.
    return line["required"] / line["value"] if line["value"] > 0 else FULL


def svg(found):
    lines = found["judged"]
    height = TOP + ROW * len(lines) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-label="ConfigApi beside its peers">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<text class="head" x="{LABEL}" y="30">ConfigApi beside its peers, one run</text>',
    ]
    for place, text in enumerate(report.heading(found)):
        parts.append(f'<text class="quiet" x="{LABEL}" y="{49 + 16 * place}" font-size="11">{escape(text)}</text>')
    just = BAR_LEFT + (BAR_RIGHT - BAR_LEFT) / FULL
    bottom = TOP + ROW * len(lines)
    before = None
    for place, line in enumerate(lines):
        top = TOP + ROW * place
        middle = top + ROW / 2 + 4
        against = f" against {line['against']}" if line["against"] else ""
        same = line["title"] == before
        label = f"{line['what']}{against}"
        if not same:
            parts.append(f'<text x="{LABEL}" y="{middle}">{escape(line["title"])}</text>')
        before = line["title"]
        parts.append(f'<text class="quiet number" x="{BAR_LEFT - 10}" y="{middle}" font-size="11">{escape(label)}</text>')
        length = max(2.0, (BAR_RIGHT - BAR_LEFT) * min(reach(line), FULL) / FULL)
        parts.append(f'<rect class="rail" x="{BAR_LEFT}" y="{top + 6}" width="{BAR_RIGHT - BAR_LEFT}" height="14" rx="3"/>')
        parts.append(f'<rect class="{line["mark"]}" x="{BAR_LEFT}" y="{top + 6}" width="{length:.1f}" height="14" rx="3"/>')
        sign = "≥" if line["higher_is_better"] else "≤"
        value = f"{report.number(line['value'])} {line['unit']}"
        bounds = f"{sign} {line['required']:g}, goal {line['goal']:g}"
        parts.append(f'<text class="number" x="{BAR_RIGHT + 76}" y="{middle}">{escape(value)}</text>')
        parts.append(f'<text class="quiet" x="{BAR_RIGHT + 90}" y="{middle}" font-size="11">{escape(bounds)}</text>')
    parts.append(f'<line class="line" x1="{just}" x2="{just}" y1="{TOP}" y2="{bottom}"/>')
    parts.append(f'<text class="quiet" x="{just}" y="{bottom + 18}" font-size="11" text-anchor="middle">required</text>')
    legend = "green: the goal; blue: what is required; red: missed; longer is better"
    parts.append(f'<text class="quiet" x="{LABEL}" y="{bottom + 18}" font-size="11">{legend}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
