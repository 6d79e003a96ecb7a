"""Draws a terminal's text as an SVG: `evidenced demo | python3 tests/demo/picture.py > docs/demo.svg`."""

import html
import sys

COLOURS = {"critical": "#ff7b72", "high": "#ffa657", "denied": "#e3b341", "Verified": "#7ee787", "Integrity": "#7ee787",
           "Signatures": "#7ee787", "Next": "#79c0ff"}
lines = sys.stdin.read().rstrip().split("\n")
# The first recording and the end; the other recordings look like the first.
recordings = [number for number, line in enumerate(lines) if line.startswith("As of ")]
end = next(number for number, line in enumerate(lines) if line.startswith("Verified"))
if len(recordings) > 1:
    lines = [*lines[:recordings[1]], f"… {len(recordings) - 1} more recordings", "", *lines[end:]]
kept, width = [], 128
for line in lines:
    kept.append(line.rstrip()[:width])
size, row = 13, 17
height = len(kept) * row + 48
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * 7.85 + 40:.0f} {height}" role="img" '
      f'aria-label="The output of evidenced demo: verdicts by principle, what failed, what could not be read, and the verification">')
print('<rect width="100%" height="100%" rx="8" fill="#0d1117"/>')
print('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" '
      f'font-size="{size}" fill="#c9d1d9" xml:space="preserve">')
print(f'<text x="20" y="28" fill="#7ee787">$ evidenced demo</text>')
for number, line in enumerate(kept):
    if not line:
        continue
    colour = next((code for word, code in COLOURS.items() if line.lstrip().startswith(word) or f" {word} " in line), None)
    fill = f' fill="{colour}"' if colour else ""
    print(f'<text x="20" y="{28 + (number + 1) * row}"{fill}>{html.escape(line)}</text>')
print("</g></svg>")
