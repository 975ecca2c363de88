# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the figures of the benchmark as tables in Markdown, between the markers of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

Figures = dict[str, Any]


def fill(page: str, blocks: dict[str, str]) -> str:
    """Replace what is between the markers of each block. Raises ValueError for a marker that is not there."""
    for name, text in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        page, found = re.subn(
            f"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _match, new=f"{begin}\n{text}\n{end}": new,  # type: ignore[misc]
            page,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"the page has {found} places for {name}")
    return page


def blocks(figures: Figures) -> dict[str, str]:
    """Block name -> Markdown."""
    return {
        "machine": _machine(figures["machine"]),
        "targets": _targets(figures),
        "cost": _cost(figures["ways"]),
        "loads": _loads(figures["loads"]),
        "fleet": _fleet(figures["ways"]),
        "takes": _takes(figures["takes"]),
        "cue": _cue(figures),
        "memory": _memory(figures["ways"]),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _machine(machine: Figures) -> str:
    others = machine.get("others")
    disturbed = f" Other programs used {others:.0%} of the cores meanwhile." if others is not None else ""
    return (
        f"Measured on {machine['day']}: {machine['cores']} cores ({machine['processor']}), "
        f"Python {machine['python']}, ansible-core {machine['ansible']}, forks {machine['forks']}. "
        f"One run of {machine['seconds'] / 60:.0f} minutes.{disturbed}"
    )


def _row(way: Figures, studios: int) -> Figures:
    return next(row for row in way["rows"] if row["studios"] == studios)


def _sizes(ways: Figures) -> list[int]:
    return [row["studios"] for row in ways["fast"]["rows"]]


def _targets(figures: Figures) -> str:
    ways = figures["ways"]
    sizes = _sizes(ways)
    # Ratios are judged at 40 studios, or at the size next to it when a run was made smaller.
    middle = min(sizes, key=lambda studios: abs(studios - 40))
    most = max(sizes)
    rows = [
        *_ratio_rows(ways, middle),
        *_fleet_rows(ways, most),
        *_flat_rows(ways, figures["growth"]),
        *_cue_rows(figures),
    ]
    rows += _take_rows(figures["takes"])
    rows.append(_inventory_row(figures["inventory"]))
    return table(("what", "target", "measured", ""), rows)


Target = tuple[str, str, str, str]


def _target(what: str, most: float, measured: float, form: str, unit: str = "") -> Target:
    return what, f"at most {format(most, form)}{unit}", f"{format(measured, form)}{unit}", _verdict(measured <= most)


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def _ratio_rows(ways: Figures, studios: int) -> list[Target]:
    cpu = {name: _row(way, studios)["cpu"] for name, way in ways.items()}
    pairs = [
        ("in-process", "fast", "module with the official SDK", "sdk", 0.10),
        ("in-process", "fast", "module that does nothing", "nothing", 0.50),
        ("module process", "module", "module with the official SDK", "sdk", 0.45),
    ]
    return [
        _target(f"CPU per studio, {ours} to {their}, {studios} studios", most, cpu[name] / cpu[other], ".2f")
        for ours, name, their, other, most in pairs
    ]


def _fleet_rows(ways: Figures, studios: int) -> list[Target]:
    rows = []
    throttled = 0
    for name, words in (("fast", "`wait: false`"), ("fast_wait", "`wait: true`")):
        way = ways[name]
        row, start = _row(way, studios), _start(way)
        most = 1.15 * row["limit"] + start
        rows.append(
            _target(f"{studios} studios stopped, {words}: 1.15 x limit + start-up", most, row["seconds"], ".1f", " s")
        )
        throttled = max(throttled, row["throttled"])
    rows.append((f"calls throttled while {studios} studios stop", "0", str(throttled), _verdict(throttled == 0)))
    return rows


def _start(way: Figures) -> float:
    """The start-up: the whole of a run with one studio (the smallest that was run)."""
    seconds: float = way["rows"][0]["seconds"]
    return seconds


def _flat_rows(ways: Figures, growth: Figures) -> list[Target]:
    if not growth:
        return []
    total = [row["cpu"] for row in growth["rows"]]
    studios = [row["studios"] for row in growth["rows"]]
    # Start-up is shared, so the cost per studio falls even if each studio costs more; what one more costs tells.
    more = [(total[i + 1] - total[i]) / (studios[i + 1] - studios[i]) for i in range(len(total) - 1)]
    first, last = studios[0], studios[-1]
    per_studio = [_row(ways["fast"], number)["cpu"] for number in (first, last)]
    return [
        _target(f"CPU per studio, in-process, {last} studios to {first}", 1.0, per_studio[1] / per_studio[0], ".2f"),
        _target(
            f"CPU of one more studio, in-process with {growth['forks']} forks, {studios[-2]} to {last} against {first} "
            f"to {studios[1]}",
            1.2,
            more[-1] / more[0],
            ".2f",
        ),
    ]


def _cue_rows(figures: Figures) -> list[Target]:
    cue = figures["cues"]["fast"]
    errors = _errors(cue)
    count = cue["studios"]
    worst = max(_skew(one) for one in cue["rounds"])
    return [
        _target(f"{count} studios on one cue, first to last, worst of {len(cue['rounds'])}", 300, worst, ".0f", " ms"),
        _target(f"cue error of {len(errors)} takes, median", 50, median(map(abs, errors)), ".0f", " ms"),
        _target(
            f"cue error of {len(errors)} takes, 95th percentile",
            150,
            percentile([abs(e) for e in errors], 0.95),
            ".0f",
            " ms",
        ),
    ]


def _take_rows(takes: Sequence[Figures]) -> list[Target]:
    rows = [
        _target(f"{_fleet_words(row)}, first to last: 1.15 x limit", 1.15 * row["limit"], row["span"], ".1f", " s")
        for row in takes
    ]
    throttled = max(row["throttled"] for row in takes)
    oldest = max(row["oldest"] for row in takes)
    rows.append(("calls throttled while these fleets take", "0", str(throttled), _verdict(throttled == 0)))
    rows.append(_target("oldest read on which one of these takes left", 1.0, oldest, ".2f", " s"))
    return rows


def _fleet_words(row: Figures) -> str:
    return f"{row['studios']} takes {'on one cue' if row['on_cue'] else 'without a cue'}"


def _takes(takes: Sequence[Figures]) -> str:
    heads = (
        "fleet",
        "limit, s",
        "first take to last, s",
        "throttled calls",
        "oldest read, s",
        "reads per studio",
    )
    return table(
        heads,
        [
            (
                _fleet_words(row),
                f"{row['limit']:.1f}",
                f"{row['span']:.1f}",
                str(row["throttled"]),
                f"{row['oldest']:.2f}",
                f"{row['readings']:.1f}",
            )
            for row in takes
        ],
    )


def _inventory_row(inventory: Figures | None) -> Target:
    if inventory is None:
        return "studios read with scenes in the inventory", "at most 1.3 x limit", "not measured", ""
    what = f"{inventory['studios']} studios read with scenes in the inventory, first call to last"
    return _target(what, 1.3 * inventory["limit"], inventory["calling"], ".1f", " s")


def _errors(cue: Figures) -> list[float]:
    return [error for one in cue["rounds"] for error in one["errors"]]


def _skew(one: Figures) -> float:
    return float(max(one["errors"]) - min(one["errors"]))


def _cost(ways: Figures) -> str:
    sizes = _sizes(ways)
    heads = ["seconds of CPU per studio", *(f"{n} studio{'s' * (n > 1)}" for n in sizes)]
    return table(heads, [[way["words"], *(f"{_row(way, n)['cpu']:.3f}" for n in sizes)] for way in ways.values()])


def _loads(loads: Figures) -> str:
    heads = ("seconds of CPU to load a process", "with bytecode", "without bytecode")
    return table(heads, [(words, f"{cost['with']:.2f}", f"{cost['without']:.2f}") for words, cost in loads.items()])


def _fleet(ways: Figures) -> str:
    rows = []
    for way in ways.values():
        for row in way["rows"]:
            limit = f"{row['limit']:.1f}" if row["limit"] else "none"
            calling = f"{row['calling']:.1f}" if row["limit"] else ""
            seconds = f"{row['seconds']:.1f}"
            left = str(row["left_out"])
            rows.append((way["words"], str(row["studios"]), limit, calling, seconds, str(row["throttled"]), left))
    heads = (
        "way",
        "studios",
        "limit, s",
        "first call to last, s",
        "whole run, s",
        "throttled calls",
        "failed studios",
    )
    return table(heads, rows)


def _cue(figures: Figures) -> str:
    rows = []
    for name, words in (("fast", "in-process"), ("module", "module process")):
        cue = figures["cues"][name]
        errors = _errors(cue)
        absolute = [abs(error) for error in errors]
        rows.append(
            (
                words,
                str(len(errors)),
                f"{min(errors):+.0f} to {max(errors):+.0f} ms",
                f"{median(absolute):.0f} ms",
                f"{percentile(absolute, 0.95):.0f} ms",
                f"{max(_skew(one) for one in cue['rounds']):.0f} ms",
                f"{figures['take'][name] * 1000:.0f} ms",
            )
        )
    heads = ("way", "takes on cue", "early (-) or late (+)", "median error", "95th percentile", "first to last, worst")
    return table((*heads, "one take without a cue"), rows)


def _memory(ways: Figures) -> str:
    sizes = _sizes(ways)
    heads = ["MiB of the largest process", *(f"{n} studio{'s' * (n > 1)}" for n in sizes)]
    return table(heads, [[way["words"], *(f"{_row(way, n)['peak_mib']:.0f}" for n in sizes)] for way in ways.values()])
