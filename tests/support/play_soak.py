# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of studios in real runs of ansible-playbook with faults of every kind, and a judge that reads the screen.

    python -m ansible_collections.apsara.live.tests.support.play_soak --runs 2000

Every studio of a play is one run: it has a state, an inventory and faults of its own. There are answers that are
refused, lost or spoilt, other operators, processes of modules that are killed, interpreters and a become that do not
work, time limits, strategies, batches, check mode, and plays that are killed. The judge reads what a person sees, the
screen of the default callback and the return code, and holds it against what the service saw and did. A claim that
differs is a lie; so is a studio that was changed of which nothing is said, and a write after the play is gone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import last_screen, studios
from .play_judge import WRITES, Ended, lies
from .playbook import LOCAL, start_playbook
from .show import account
from .witness import WitnessedEmulator, witnessed

SEED = 20161101
RUNS = 2000
# With this seed a few studios have many faults.
_EVERYDAY = 12
# Studios of one play.
FEWEST, MOST = 20, 50
# Plays at the same time.
_AT_ONCE = 2
# A play that has no end by then never has one, and one that got a signal gets another one, in seconds.
_LONGEST = 400.0
_LAST_CHANCE = 20.0

_READ = "DescribeCasterScenes"
_LAYOUTS = ("layout-next", "layout-now", "layout-spare")
_EDITS: tuple[dict[str, Any], ...] = (
    *({"scene_id": studios.PGM, "layout_id": layout} for layout in _LAYOUTS),
    *({"scene_id": studios.PVW, "layout_id": layout} for layout in _LAYOUTS),
    {"scene_id": studios.PVW, "status": "idle"},
)
# Faults that are over at once, so that it does not matter how long a task waits for an answer.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "throttle"},
    {"kind": "throttle", "retry_after_ms": 1500},
    {"kind": "error_500"},
    {"kind": "error_500", "effect": True},
    {"kind": "bad_gateway"},
    {"kind": "bad_gateway", "effect": True},
    {"kind": "unavailable"},
    {"kind": "unavailable", "effect": True, "retry_after_ms": 500},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "slow", "seconds": 0.3},
    {"kind": "slow", "seconds": 1.2},
    {"kind": "interim"},
    {"kind": "truncated", "how": "body"},
    {"kind": "truncated", "how": "json"},
    {"kind": "not_json"},
    {"kind": "not_object"},
    {"kind": "missing_list"},
    {"kind": "skewed_clock"},
    {"kind": "redirect"},
    {"kind": "ram_denial"},
    {"kind": "expired_token"},
    {"kind": "echo"},
    {"kind": "code", "code": "ServiceBusy", "status": 403},
    {"kind": "code", "code": "IncorrectSceneStatus", "status": 400},
)
# Only for plays that do not wait long: their own, or those with a time limit.
LOST: tuple[dict[str, Any], ...] = (
    {"kind": "lost_answer", "seconds": 30},
    {"kind": "slow", "seconds": 20},
    {"kind": "trickle", "seconds": 0.05},
)

# An interpreter that is killed with its module: before it does anything, in the middle, or when it has done it all.
_DYING = """#!/bin/sh
if [ $# -gt 0 ]; then exec "{python}" "$@"; fi
sent=$(mktemp "{here}/module.XXXXXX")
cat > "$sent"
grep -q "modules.caster_" "$sent" || exec "{python}" < "$sent"
echo module >> "{here}/count"
[ "$(wc -l < "{here}/count")" -eq {number} ] || exec "{python}" < "$sent"
{death}
kill -KILL $$
"""
# A client of SSH to a host that is right here, and is lost when a module has done its work.
_LOSING = """#!/bin/sh
for command; do :; done
sent=$(mktemp "{here}/sent.XXXXXX")
cat > "$sent"
if grep -q "modules.caster_" "$sent"; then
  echo module >> "{here}/count"
  if [ "$(wc -l < "{here}/count")" -eq {number} ]; then
    sh -c "$command" < "$sent" > /dev/null 2>&1
    echo "Connection closed by remote host" >&2
    exit 255
  fi
fi
exec sh -c "$command" < "$sent"
"""
_DEATHS = {
    "before": "",
    "middle": '"{python}" < "$sent" > /dev/null 2>&1 & sleep 0.{tenths}; kill -KILL $!',
    "after": '"{python}" < "$sent" > /dev/null 2>&1',
}

# name: the play, what it asks of the roles, and whether the plays wait long for an answer
OWN = {"take": ["take"], "wrap": ["wrap"], "both": ["take", "wrap"], "day": ["preflight", "take", "wrap"]}
SHIPPED = {
    "take_scene": ["take"],
    "wrap_show": ["wrap"],
    "report_program": ["report"],
    "preflight_studio": ["preflight"],
    "show_day": ["preflight", "take", "take", "wrap"],
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


# Whom a signal hits: the whole play, or one of the workers that it has at that moment.
PLAY, WORKER = "play", "worker"


@dataclass
class Plan:
    """One play to run. `kill` is a signal and after how many requests it comes, `victim` whom it hits."""

    name: str
    playbook: Any
    seed: int
    studios: int
    environ: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    impatient: bool = False
    kill: tuple[int, int] | None = None
    victim: str = PLAY
    faulty: float = 0.6

    @property
    def check_mode(self) -> bool:
        """Whether nothing is to be written."""
        return "--check" in self.args

    @property
    def calls(self) -> list[str]:
        """What it asks the service for, most often what it writes."""
        return [_READ, *(WRITES[role] for role in self.roles if role in WRITES for _twice in (1, 2))]

    @property
    def modules(self) -> int:
        """How many modules each studio sees."""
        return sum({"take": 2, "preflight": 3}.get(role, 1) for role in self.roles)


@dataclass
class Figures:
    """What a soak came to. `lies` has a sentence for each."""

    runs: int = 0
    plays: int = 0
    killed: int = 0
    requests: int = 0
    effects: int = 0
    edits: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    claims: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def sentences(self) -> list[str]:
        """The figures for readers."""
        said = ", ".join(
            f"{role} {', '.join(f'{self.claims[role, kind]} {kind}' for kind in kinds)}"
            for role in dict.fromkeys(role for role, _kind in sorted(self.claims))
            if (kinds := sorted(kind for found, kind in self.claims if found == role))
        )
        return [
            f"{self.runs} studios in {self.plays} plays, {self.killed} of which were killed or lost a worker, sent "
            f"{self.requests} requests; {sum(self.faults.values())} of them met one of {len(self.faults)} kinds of "
            f"fault. {self.failures.total()} studios had a failure of Ansible: {_counted(self.failures)}.",
            f"Somebody else changed a studio {self.edits} times. Changes that really happened: {self.effects}.",
            f"The screens said: {said}.",
            f"Claims, silences and return codes that say something else than the service knows: {len(self.lies)}.",
        ]


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


def plans(runs: int, seed: int = SEED) -> list[Plan]:
    """Plays that have so many studios together."""
    dice = random.Random(seed)
    found: list[Plan] = []
    while (left := runs - sum(plan.studios for plan in found)) > 0:
        size = min(left, dice.randint(FEWEST, MOST))
        found.append(_plan(len(found), size, seed * 1000 + len(found), dice))
    return found


def _plan(number: int, size: int, seed: int, dice: random.Random) -> Plan:
    """A play by its number: every third is one that ships; the others are as users write them."""
    if number % 3 == 0:
        name = list(SHIPPED)[number // 3 % len(SHIPPED)]
        plan = Plan(name, f"apsara.live.{name}", seed, size, roles=tuple(SHIPPED[name]))
        plan.variables = {"show_confirmed": True} if name == "show_day" else {}
        # One studio that is refused keeps all others from being taken.
        plan.faulty = dice.choice([0.0, 0.03, 0.1]) if name in ("take_scene", "show_day") else 0.6
        plan.environ = {"ANSIBLE_STRATEGY": dice.choice(["linear", "free", "host_pinned"])}
    else:
        name = list(OWN)[(number - number // 3) % len(OWN)]
        plan = _own(f"roles {' '.join(OWN[name])}", seed, size, OWN[name])
        plan.playbook = _varied(plan.playbook, dice)
    plan.environ["ANSIBLE_FORKS"] = str(dice.choice([5, 10, 25]))
    plan.environ["ANSIBLE_CALLBACK_RESULT_FORMAT"] = dice.choice(["yaml", "json"])
    if dice.random() < 0.1:
        plan.args = ("--check",)
    elif dice.random() < 0.3:
        plan.kill = (dice.choice(SIGNALS), dice.randint(1, 3 * size))
        if dice.random() < 0.25:
            plan.kill, plan.victim = (signal.SIGKILL, plan.kill[1]), WORKER
    if dice.random() < 0.25:
        plan.environ["ANSIBLE_TASK_TIMEOUT"] = str(dice.randint(3, 6))
        plan.impatient = True
    return plan


def _own(name: str, seed: int, size: int, roles: list[str], environ: dict[str, str] | None = None) -> Plan:
    """A play as a user writes it, which does not wait long for an answer."""
    play = {
        "name": "Show",
        "hosts": "casters",
        "gather_facts": False,
        "strategy": "free",
        "module_defaults": {"group/apsara.live.live": {"read_timeout": 0.8, "api_deadline": 8}},
        "roles": [f"apsara.live.{role}" for role in roles],
    }
    return Plan(name, [play], seed, size, dict(environ or {}), roles=tuple(roles), impatient=True)


def _varied(plays: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    play = dict(plays[0])
    play["strategy"] = dice.choice(["linear", "free", "host_pinned"])
    play["any_errors_fatal"] = dice.random() < 0.2
    if dice.random() < 0.2:
        play["serial"] = dice.choice([3, 10, "30%"])
    # Both together end a play before its rescues: whom any_errors_fatal sends there counts as failed already.
    if dice.random() < 0.15 and not play["any_errors_fatal"]:
        play["max_fail_percentage"] = dice.choice([5, 30])
    return [play]


def everyday() -> list[Plan]:
    """Two small plays with as many faults as fit, one of them killed: for every day."""
    faulty = _own("everyday", _EVERYDAY, 10, ["take", "wrap"], {"ANSIBLE_FORKS": "10"})
    faulty.faulty = 0.9
    killed = _own("everyday, killed", _EVERYDAY + 1, 6, ["take"], {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})
    killed.kill = (signal.SIGKILL, 9)
    # Without answers that are only late or lost, for which a task has to wait.
    faulty.impatient = killed.impatient = False
    return [faulty, killed]


def soak(runs: int = RUNS, seed: int = SEED, *, progress: bool = False) -> Figures:
    """Do all plays and return the figures."""
    return run_plans(plans(runs, seed), progress=progress)


def run_plans(todo: list[Plan], *, progress: bool = False) -> Figures:
    """Do these plays, some at the same time, and return the figures."""
    began = time.monotonic()
    total = Figures()
    # Started in the background the plays would ignore that their terminal was closed.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for plan, (ended, failures, seconds, shown) in zip(todo, pool.map(_run, todo)):
            found = lies(ended)
            _count(total, ended, failures)
            total.lies += [f"play {plan.name}, seed {plan.seed}: {lie}" for lie in found]
            if progress:
                what = f"{plan.name}, {plan.studios} studios, {seconds:.0f} s, exit {ended.returncode}"
                print(f"{total.plays}/{len(todo)} {what}, lies {len(found)}", file=sys.stderr, flush=True)
            if found and (folder := os.environ.get("APSARA_LIVE_SOAK_SCREENS")):
                Path(folder, f"{plan.seed}.txt").write_text("\n".join([str(plan), *found, shown]), encoding="utf-8")
    total.seconds = time.monotonic() - began
    return total


def _run(plan: Plan) -> tuple[Ended, Counter[str], float, str]:
    """Run one play to its end."""
    dice = random.Random(plan.seed)
    with tempfile.TemporaryDirectory(prefix="apsara.live-soak-") as name:
        folder = Path(name)
        document = _studios(plan.studios, dice)
        hosts, failures = _hosts(plan, folder, dice)
        faults = [rule for number in range(1, plan.studios + 1) for rule in _faults(plan, f"studio-{number}", dice)]
        with witnessed(document, faults=faults) as emulator:
            start = {studio["caster_id"]: studio for studio in emulator.state()}
            began = time.monotonic()
            process, _results = start_playbook(
                plan.playbook,
                folder,
                inventory={"casters": {"hosts": hosts, "vars": LOCAL}},
                extra_vars=plan.variables,
                environ={**account(emulator), "XDG_RUNTIME_DIR": name, **plan.environ},
                args=plan.args,
            )
            killed, stdout, stderr = _follow(process, plan, emulator)
            seconds = time.monotonic() - began
            # What was on its way may still come.
            time.sleep(1.5 if killed else 0.3)
            _end_what_is_left(folder)
            ended = Ended(
                process.returncode,
                last_screen.read(stdout),
                {host: variables["caster_id"] for host, variables in hosts.items()},
                hosts,
                plan.check_mode,
                killed if plan.victim == PLAY else None,
                killed is not None,
                start,
                emulator.journal(),
                emulator.events(),
            )
            return ended, failures, seconds, f"{stdout}\n--- stderr\n{stderr}"


def _follow(process: subprocess.Popen[str], plan: Plan, emulator: WitnessedEmulator) -> tuple[float | None, str, str]:
    """Wait for the end, or bring it about; return when a signal had ended it, and the output.

    A worker of ansible-core that is interrupted while it holds the queue of the results leaves the others waiting for
    ever, and Python may lose a Ctrl+C that comes while it forks. So a signal that does not end the play is followed by
    SIGKILL, as a second Ctrl+C or AWX does it. The play is gone when its process is.
    """
    struck, killed = False, None
    with ThreadPoolExecutor(1) as pool:
        output = pool.submit(process.communicate)
        until = time.monotonic() + _LONGEST
        while not output.done() and time.monotonic() < until:
            due = plan.kill and not struck and len(emulator.journal()) >= plan.kill[1]
            if due and process.poll() is None and _strike(process.pid, plan):
                struck, until = True, time.monotonic() + _LAST_CHANCE
            if struck and killed is None and process.poll() is not None:
                killed = time.time()
            time.sleep(0.05)
        if not output.done():
            _end(process.pid)
        stdout, stderr = output.result()
    return (killed or time.time()) if struck else None, stdout, stderr


def _end_what_is_left(folder: Path) -> None:
    """End workers that wait for ever, since their play was killed: they were started with the files of this folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        number, _unused, args = line.strip().partition(" ")
        if f"{folder}/inventory.yml" in args:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)


def _strike(pid: int, plan: Plan) -> bool:
    """Send the signal of a plan, if its victim is there."""
    assert plan.kill is not None
    victims = [pid] if plan.victim == PLAY else _workers(pid)
    for victim in victims[:1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, plan.kill[0])
            return True
    return False


def _workers(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if int(line.split()[1]) == pid]


def _end(pid: int) -> None:
    """End a play with its workers, each of which leads a group of its own."""
    for number in [pid, *_workers(pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(number, signal.SIGKILL)


def _studios(count: int, dice: random.Random) -> dict[str, Any]:
    """An account with studios in every state."""
    document = studios.document()
    model = document["studios"][0]
    preview, program = model["scenes"]
    document["studios"] = [
        {
            **model,
            "caster_id": f"studio-{number}",
            "caster_name": f"Stage {number}",
            "scenes": [
                {**preview, "layout_id": dice.choice(_LAYOUTS), "status": dice.choices(["running", "idle"], (9, 1))[0]},
                {**program, "status": dice.choices(["running", "idle"], (14, 1))[0]},
            ],
        }
        for number in range(1, count + 1)
    ]
    return document


def _faults(plan: Plan, caster_id: str, dice: random.Random) -> list[dict[str, Any]]:
    """Faults of the answers that one studio gets."""
    if dice.random() > plan.faulty:
        return []
    found = []
    for _unused in range(dice.choices((1, 2), (2, 1))[0]):
        fault = dict(dice.choice([*FAULTS, *LOST, *LOST] if plan.impatient else FAULTS))
        fault["action"] = dice.choice(plan.calls)
        fault.update(caster_id=caster_id, skip=dice.choice([0, 0, 0, 1, 2]), times=dice.choice([1, 1, 2, 4]))
        if dice.random() < 0.3:
            fault["edit"] = {"scenes": [dice.choice(_EDITS)]}
        found.append(fault)
    if dice.random() < 0.3:
        edit = {"scenes": [dice.choice(_EDITS)]}
        found.append(
            {"kind": "meanwhile", "action": _READ, "caster_id": caster_id, "skip": dice.randint(0, 2), "edit": edit}
        )
    return found


def _hosts(plan: Plan, folder: Path, dice: random.Random) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
    """The inventory, and how many studios have which failure of Ansible."""
    hosts: dict[str, dict[str, Any]] = {}
    failures: Counter[str] = Counter()
    for number in range(1, plan.studios + 1):
        variables: dict[str, Any] = {"caster_id": f"studio-{number}", "take_wait_timeout": 3, "wrap_wait_timeout": 3}
        variables.update(preflight_fail=False)
        if dice.random() < 0.2 * min(1.0, plan.faulty * 2):
            variables["take_expect"] = {"layout_id": dice.choices(["layout-now", "layout-spare"], (4, 1))[0]}
        if dice.random() < 0.15 * min(1.0, plan.faulty * 2):
            variables["take_expect_preview"] = {"layout_id": dice.choice(_LAYOUTS)}
        if dice.random() < 0.3 * plan.faulty:
            failure, more = _failure(plan, folder / f"host-{number}", dice)
            failures[failure] += 1
            variables.update(more)
        hosts[f"stage-{number}"] = variables
    return hosts, failures


def _failure(plan: Plan, folder: Path, dice: random.Random) -> tuple[str, dict[str, Any]]:
    """A failure of Ansible, and the variables of the host that make it."""
    module = {"apsara_live_in_process": False}
    kind = dice.choices(
        ("module", "killed", "gone", "no interpreter", "no become", "misspelt", "environment"), (2, 5, 2, 1, 1, 1, 1)
    )[0]
    if kind == "killed":
        death = dice.choices(list(_DEATHS), (1, 1, 2))[0]
        words = _DEATHS[death].format(python=sys.executable, tenths=dice.randint(1, 9))
        program = _program(folder, _DYING, death=words, number=dice.randint(1, plan.modules))
        return f"killed {death}", {**module, "ansible_python_interpreter": program}
    return (
        kind,
        {
            "gone": {
                **module,
                "ansible_connection": "ssh",
                "ansible_pipelining": True,
                "ansible_python_interpreter": sys.executable,
                "ansible_ssh_executable": _program(folder, _LOSING, number=dice.randint(1, plan.modules)),
            },
            "module": module,
            "no interpreter": {**module, "ansible_python_interpreter": "/usr/bin/python3.99"},
            "no become": {"ansible_become": True, "ansible_become_exe": "/usr/bin/no-such-sudo"},
            "misspelt": {"take_expct": {"layout_id": "layout-now"}},
            "environment": {**module, "ansible_pipelining": False},
        }[kind],
    )


def _program(folder: Path, text: str, **words: Any) -> str:
    folder.mkdir(exist_ok=True)
    program = folder / "program"
    program.write_text(text.format(python=sys.executable, here=folder, **words), encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def _count(figures: Figures, ended: Ended, failures: Counter[str]) -> None:
    figures.plays += 1
    figures.runs += len(ended.hosts)
    figures.killed += ended.interrupted
    figures.requests += len(ended.journal)
    figures.effects += sum(event.kind == "write" and event.effect for event in ended.events)
    figures.edits += sum(event.kind == "edit" for event in ended.events)
    figures.failures += failures
    figures.codes[ended.returncode] += 1
    for entry in ended.journal:
        if entry["outcome"].startswith("fault:") and entry["outcome"] != "fault:meanwhile":
            figures.faults[entry["outcome"].removeprefix("fault:")] += 1
    for host in ended.hosts:
        figures.claims.update((claim.role, claim.kind) for claim in ended.screen.claims(host))


def main(argv: list[str] | None = None) -> int:
    """Run a soak and print its figures; the exit code is 1 when there were lies."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(argv)
    figures = soak(options.runs, options.seed, progress=True)
    print("\n".join([*figures.sentences(), f"It took {figures.seconds:.0f} s.", *figures.lies]))
    return 1 if figures.lies else 0


if __name__ == "__main__":
    sys.exit(main())
