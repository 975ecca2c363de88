# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Needs python3 (3.11 or newer, with venv) and make, nothing else. Works from any path, spaces included.

# An interpreter is chosen by starting it: a name on the PATH may lead nowhere.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
# One more than two processors: a test that waits leaves its processor to another.
WORKERS ?= 3
# The program uv installs what is needed sooner than pip, where somebody names it: make UV=uv test
UV ?=
TREE := .cache/collections/ansible_collections/apsara/live
NOX := .cache/nox

# A rehearsal or a test must never meet the caller's identity or configuration.
NEUTRAL := env $(foreach name,$(filter ANSIBLE_% ALIBABA_CLOUD_% ALICLOUD_%,$(shell env | sed -n 's/^\([A-Z_a-z0-9]*\)=.*/\1/p')),-u $(name)) \
	"ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.cache/collections" "PYTHONPATH=$(CURDIR)/.cache/collections" LC_ALL=C.UTF-8
SHOW := ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false \
	ANSIBLE_CALLBACK_RESULT_FORMAT=yaml ANSIBLE_DISPLAY_SKIPPED_HOSTS=false

.PHONY: help tree rehearse test acceptance coverage bench generate soak mutate lint format clean docs release picture simulate

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{printf "%-18s %s\n", $$1, $$2}'

rehearse: .cache/rehearsal/.done $(TREE) ## Run a show day against three simulated studios; FAULTS=lost_answers for a failure scenario
	$(NEUTRAL) $(SHOW) .cache/rehearsal/bin/python -m ansible.cli.playbook apsara.live.rehearse_show $(if $(FAULTS),--extra-vars 'rehearsal_faults=$(FAULTS)')

# Files and options may be given: make test ARGS="tests/integration/test_roles.py -k wrap"
PYTEST = $(NEUTRAL) $(2) .venv/bin/python -m pytest -p no:cacheprovider -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 10 $(ARGS) $(if $(filter tests/%,$(ARGS)),,$(1))

test: .venv/.done $(TREE) ## Run the tests of every day: everything once
	$(call PYTEST,tests/integration tests/unit)

acceptance: .venv/.done .cache/awx/.done .cache/eda/.done .cache/clients/.done $(TREE) ## Run the long tests: guides, playbooks, AWX, events, cues, soaks, official clients
	$(call PYTEST,tests/acceptance tests/unit/plugins/module_utils/_modules/test_run_fuzz.py,EXAMPLES_MANY=1)

# What thinks without input or output is tested to the last branch, the rest as far as it pays.
PURE := _errors/codes _errors/explain _studio/cue _errors/error _api/operations _modules/options _studio/plan _errors/redaction _modules/result _api/retry _api/signing \
	_studio/studio _api/answer
MEASURED := tests/unit/plugins/module_utils tests/integration/test_identities.py tests/integration/test_module_contract.py -k "not play"

coverage: .venv/.done $(TREE) ## Measure how much of module_utils the tests reach in process, and fail where that is too little
	$(NEUTRAL) EXAMPLES_FEW=1 .venv/bin/python -m pytest -p no:cacheprovider -n $(WORKERS) --cov --cov-report= $(MEASURED)
	.venv/bin/python -m coverage report --skip-covered --fail-under 95
	.venv/bin/python -m coverage report --include "$$(echo $(PURE:%=plugins/module_utils/%.py) | tr ' ' ,)" --fail-under 100

bench: .cache/bench/.done $(TREE) ## Measure everything and write docs/performance.md, a quarter of an hour
	$(NEUTRAL) .cache/bench/bin/python tests/benchmark/run.py $(ARGS)

simulate: .cache/bench/.done $(TREE) ## Simulate up to 32 controllers and write docs/controllers.md
	$(NEUTRAL) .cache/bench/bin/python tests/benchmark/simulate.py $(ARGS)

generate: .venv/.done $(TREE) ## Write the pages and tables that come from the code
	$(NEUTRAL) .venv/bin/python tests/generate_docs.py all

soak: .venv/.done $(TREE) ## Run both soaks whole and write their figures to docs/guarantees.md, half an hour
	$(NEUTRAL) .venv/bin/python tests/generate_docs.py soak
	$(NEUTRAL) .venv/bin/python tests/generate_docs.py plays

mutate: .cache/mutmut/.done ## Change the pure files in many ways and see whether their tests notice; ARGS=_studio/plan for one of them
	$(NEUTRAL) .cache/mutmut/bin/python tests/mutation/mutate.py $(ARGS)

docs: .cache/docs-tools/.done $(TREE) ## Build the documentation site in .cache/docs/build/html
	$(NEUTRAL) "PATH=$(CURDIR)/.cache/docs-tools/bin:$$PATH" .cache/docs-tools/bin/python tests/docs/site.py .cache/docs

release: docs ## Build the artefact for Galaxy in .cache/release, with the pages that docs.ansible.com reads
	$(NEUTRAL) .cache/docs-tools/bin/python -m ansible.cli.galaxy collection build --force --output-path .cache/release

picture: .cache/docs-tools/.done $(TREE) ## Draw docs/images/take.svg from a real run
	$(NEUTRAL) .cache/docs-tools/bin/python tests/docs/picture.py

lint: $(NOX)/.done ## Check format, types, documentation, licences, Ansible style and the artefact; SESSIONS=typing for one of them
	CI=true $(NEUTRAL) "PATH=$(CURDIR)/$(NOX)/bin:$$PATH" $(NOX)/bin/nox -db uv $(if $(SESSIONS),-s $(SESSIONS))

format: $(NOX)/.done ## Write the format that lint asks for
	env -u CI $(NEUTRAL) "PATH=$(CURDIR)/$(NOX)/bin:$$PATH" $(NOX)/bin/nox -db uv -s formatters

clean: ## Remove everything that make made
	rm -rf .venv .cache .nox .ansible tests/output

tree: $(TREE)

$(TREE):
	mkdir -p $(dir $@)
	ln -sfn "$(CURDIR)" $@

.venv/.done: tests/requirements.txt tests/rehearsal-requirements.txt
	$(call make_venv,.venv,-r tests/requirements.txt)

# Of its own: a new user's first command installs what a show needs, and no more.
.cache/rehearsal/.done: tests/rehearsal-requirements.txt
	$(call make_venv,.cache/rehearsal,-r tests/rehearsal-requirements.txt)

# Only the modules of awx.awx, out of a wheel with a hundred collections.
.cache/awx/.done: tests/awx-requirements.txt | .venv/.done
	.venv/bin/python tests/fetch_awx.py .cache/awx
	@touch $@

# One folder each: their dependencies exclude each other.
.cache/clients/.done: $(wildcard tests/clients/*.txt) tests/clients/package.json tests/clients/fetch.py | .venv/.done
	.venv/bin/python tests/clients/fetch.py .cache/clients $(UV)
	@touch $@

# Of its own: ansible-rulebook wants its own versions of much.
.cache/eda/.done: tests/eda-requirements.txt
	$(call make_venv,.cache/eda,-r tests/eda-requirements.txt)

# Of its own: only the plots need what it adds.
.cache/bench/.done: tests/requirements.txt tests/rehearsal-requirements.txt tests/benchmark/requirements.txt
	$(call make_venv,.cache/bench,-r tests/requirements.txt -r tests/benchmark/requirements.txt)

# Of its own: Sphinx and pandoc are needed for nothing else.
.cache/docs-tools/.done: tests/docs/requirements.txt
	$(call make_venv,.cache/docs-tools,-r tests/docs/requirements.txt)

# Of its own: mutmut is needed for nothing else.
.cache/mutmut/.done: tests/mutation/requirements.txt
	$(call make_venv,.cache/mutmut,-r tests/mutation/requirements.txt)

$(NOX)/.done: tests/ci/requirements.txt
	$(call make_venv,$(NOX),-r tests/ci/requirements.txt)

define make_venv
	@test -n "$(PYTHON)" || { echo "This needs a Python 3.11 or newer that can make virtual environments."; \
		echo "On Debian and Ubuntu: apt install python3 python3-venv. Or name one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	rm -rf $(1)
	@$(PYTHON) -m venv $(1) || { echo "$(PYTHON) cannot make a virtual environment: venv or ensurepip is missing."; \
		echo "On Debian and Ubuntu: apt install python3-venv."; exit 1; }
	$(if $(UV),"$(UV)" pip install --quiet --python $(1)/bin/python,$(1)/bin/python -m pip install --quiet --disable-pip-version-check) $(2)
	@touch $@
endef
