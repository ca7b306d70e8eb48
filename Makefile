# make demo: the main job, end to end. make test: the test suite. Both need Python 3.11+ and make, nothing else.
PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3 python,$(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
VENV := .venv
RUN := $(VENV)/bin/python -m
PYTEST := $(RUN) pytest -n 2 --dist worksteal

.PHONY: demo test check test-slow test-train docs clean

demo: $(VENV)/.base
	@$(RUN) tinylm build --board nrf52840
	@echo
	@$(RUN) tinylm test --board nrf52840
	@echo
	@$(RUN) tinylm run --board nrf52840 --prompt "turn on the lights in the kitchen" --prompt "start a 10 minute timer for pizza" \
		--prompt "what is on my calendar tomorrow"

test: $(VENV)/.test check
	$(PYTEST) -m "not train and not slow"

check: $(VENV)/.test
	$(RUN) ruff check .
	$(RUN) mypy

# What takes longer: run by .ci/run.
test-slow: $(VENV)/.test
	$(PYTEST) -m "slow and not train"

test-train: $(VENV)/.train
	$(RUN) pytest -m train

# A virtual environment without ensurepip (Debian splits it off) borrows the system's pip.
$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed. Set PYTHON=/path/to/python3." >&2; exit 3; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV); }

PIP = $(shell test -x $(VENV)/bin/pip && echo $(RUN) pip || echo $(PYTHON) -m pip --python $(VENV)/bin/python) --disable-pip-version-check
INSTALL = $(PIP) install --quiet --constraint constraints.txt --editable

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@echo "Installing tinylm and its emulator into $(VENV) (about a minute, once)"
	@$(INSTALL) '.[emulator]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@$(INSTALL) '.[emulator,test]'
	@touch $@

$(VENV)/.train: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	@$(INSTALL) '.[emulator,test,train]'
	@touch $@

# Pages that are made from the code.
docs: $(VENV)/.base
	$(VENV)/bin/python -c "from tinylm.compiler.ops.listing import listing; print(listing(), end='')" > docs/operators.md

clean:
	rm -rf build $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
