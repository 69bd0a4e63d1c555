# SPDX-License-Identifier: MIT
"""Draws docs/pictures/architecture.svg: the packages in their layers, and what imports what.

The layers are those that import-linter checks (pyproject.toml); the arrows are the imports of the
source. An arrow that others imply is left out.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"

_STATUS = "gs.profile.status"
_HALVES = {"send": "The sender", "site": "The site"}

# Pixels.
_BOX, _HEIGHT, _GAP, _ROW, _MARGIN, _TOP = 132, 34, 18, 74, 24, 64

Layers = list[list[str]]
Imports = dict[str, set[str]]


def layers_of(half: str) -> Layers:
    """Return the layers of a half, the top first, each a list of names of packages or modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    prefix = f"{_STATUS}.{half}."
    for contract in contracts:
        if contract["type"] == "layers":
            names = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
            if contract.get("containers") == [prefix[:-1]]:
                return names
            if names[0][0].startswith(prefix):
                own = [[name.removeprefix(prefix) for name in layer] for layer in names]
                return [layer for layer in own if not layer[0].startswith(_STATUS)]
    raise LookupError(half)


def imports_of(half: str, layers: Layers) -> Imports:
    """Return which of the others each package or module of a half imports, and ``hooks``."""
    known = {name for layer in layers for name in layer}
    imports: Imports = {name: set() for name in known}
    folder = SOURCE.joinpath(*_STATUS.split("."), half)
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        if parts[0] in known:
            for target in _targets(file):
                imports[parts[0]] |= _named(target, half, known) - {parts[0]}
    return imports


def _named(target: str, half: str, known: set[str]) -> set[str]:
    if target.startswith(f"{_STATUS}.hooks"):
        return {"hooks"}
    prefix = f"{_STATUS}.{half}."
    first = target.removeprefix(prefix).partition(".")[0]
    return {first} & known if target.startswith(prefix) else set()


def _targets(file: Path) -> Iterator[str]:
    package = file.relative_to(SOURCE).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def reduced(imports: Mapping[str, set[str]]) -> Imports:
    """Return *imports* without those that others imply."""
    return {
        name: {
            target
            for target in targets
            if not any(target in _reached(imports, other) for other in targets - {target})
        }
        for name, targets in imports.items()
    }


def _reached(imports: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for target in imports.get(waiting.pop(), set()) - reached:
            reached.add(target)
            waiting.append(target)
    return reached


def picture() -> str:
    """Return the picture, as SVG."""
    halves = {half: layers_of(half) for half in _HALVES}
    rows = max(map(len, halves.values()))
    widths = {half: max(map(len, layers)) * (_BOX + _GAP) for half, layers in halves.items()}
    width = sum(widths.values()) + 3 * _MARGIN
    height = _TOP + (rows + 1) * _ROW + _MARGIN
    hooks = (width - _BOX) / 2, _TOP + rows * _ROW
    arrows: list[str] = []
    boxes, left = [_box("hooks", *hooks)], float(_MARGIN)
    for half, layers in halves.items():
        places = dict(_places(layers, left, widths[half], rows))
        imports = reduced(imports_of(half, layers))
        middle = left + widths[half] / 2
        boxes.append(f'<text class="half" x="{middle:g}" y="32">{_HALVES[half]}: {half}/</text>')
        boxes += [_box(name, *place) for name, place in places.items()]
        ends = {**places, "hooks": hooks}
        arrows += [
            _arrow(places[name], ends[target])
            for name in places
            for target in sorted(imports[name])
        ]
        left += widths[half] + _MARGIN
    return "\n".join([*_head(width, height), *arrows, *boxes, "</svg>", ""])


def _places(
    layers: Layers, left: float, width: float, rows: int
) -> Iterator[tuple[str, tuple[float, float]]]:
    # The lowest layer of each half is in the same row, above the hooks.
    for row, layer in enumerate(layers, rows - len(layers)):
        step = width / len(layer)
        for column, name in enumerate(layer):
            yield name, (left + step * (column + 0.5) - _BOX / 2, float(_TOP + row * _ROW))


def _box(name: str, x: float, y: float) -> str:
    return (
        f'<g><rect x="{x:g}" y="{y:g}" width="{_BOX}" height="{_HEIGHT}" rx="5"/>'
        f'<text x="{x + _BOX / 2:g}" y="{y + 22:g}">{escape(name)}</text></g>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1 = start[0] + _BOX / 2, start[1] + _HEIGHT
    x2, y2 = end[0] + _BOX / 2, end[1] - 5
    bend = (y2 - y1) / 2
    curve = f"M{x1:g} {y1:g} C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    return f'<path d="{curve}" marker-end="url(#head)"/>'


def _head(width: float, height: float) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        "<title>The packages in their layers, and what imports what</title>",
        "<style>",
        "text { font: 14px sans-serif; text-anchor: middle; fill: #123 }",
        ".half { font-weight: bold; font-size: 16px }",
        "rect { fill: #eef3fa; stroke: #5577aa }",
        "path { fill: none; stroke: #8895a7; stroke-width: 1.3 }",
        "#head path { fill: #8895a7; stroke: none }",
        "</style>",
        f'<rect width="{width:g}" height="{height:g}" style="fill: #fff; stroke: none"/>',
        '<defs><marker id="head" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7"',
        ' markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    ]


def upward(half: str) -> list[tuple[str, str]]:
    """Return the imports of a half that go up, or aside within a layer; there must be none."""
    layers = layers_of(half)
    floor = {name: number for number, layer in enumerate(layers) for name in layer}
    return [
        (name, target)
        for name, targets in imports_of(half, layers).items()
        for target in sorted(targets - {"hooks"})
        if floor[target] <= floor[name]
    ]


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
