# The words CI and people use. `make check` is exactly what CI runs.
PYTHON ?= .venv/bin/python
BIN := $(dir $(PYTHON))
SOURCES := git_jit tests bench

.PHONY: check lint types arrows test install-test docs bench bench-keep bench-large soak faults accept

# With it every process of the tests would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

# What reads the sources goes two by two; the tests take both cores themselves, the real install among them.
check:
	$(MAKE) -j 2 lint types arrows
	JIT_INSTALL_TEST=1 $(MAKE) test

lint:
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(BIN)shellcheck install.sh .ci/run
	$(PYTHON) -m vulture
	$(PYTHON) -m deptry git_jit

types:
	$(PYTHON) -m mypy

arrows:
	$(BIN)lint-imports
	$(PYTHON) -m pylint --disable=all --enable=cyclic-import git_jit

test:
	$(PYTHON) -m pytest -n 2 --dist worksteal

# Installs for real into a scratch home: needs a package index.
install-test:
	JIT_INSTALL_TEST=1 $(PYTHON) -m pytest tests/test_install.py -k real

# About ten minutes, on a quiet machine. Installs into a scratch prefix: needs a package index.
bench:
	$(PYTHON) -m bench --compare docs/performance/baseline.json

# What docs/performance.md shows. Drawing needs the group 'bench'.
bench-keep:
	$(PYTHON) -m bench --json docs/performance/baseline.json --plot docs/performance

# One look at 100,000 issues: some gigabytes and minutes.
bench-large:
	$(PYTHON) -m bench commands --sizes 100000

soak:
	$(PYTHON) -m tests.faults.stress writers --processes 16 --writes 1000
	$(PYTHON) -m tests.faults.stress kills --kills 10000 --writers 4
	$(PYTHON) -m tests.faults.stress gc --writes 480 --writers 8
	JIT_HYPOTHESIS=deep $(PYTHON) -m pytest tests

# Every fault at every point of every mutating command: about an hour on two cores. Needs strace; what each program does,
# and what `--seed` and `--turn` vary, is in docs/contributing.md, "The fault kit".
faults:
	$(PYTHON) -m tests.faults.replay --all
	$(PYTHON) -m tests.faults.sweep
	$(PYTHON) -m tests.faults.syscalls --all --jobs 2
	$(PYTHON) -m tests.faults.syscalls --all --errno KILL --when once --jobs 2
	$(PYTHON) -m tests.faults.healthy --count 1000
	$(PYTHON) -m tests.faults.gates --runs 1000
	$(PYTHON) -m tests.faults.workers --workers 8 --issues 60 --kill 2
	$(PYTHON) -m tests.faults.drills --commits 10000
	$(PYTHON) -m tests.faults.corruptions

accept:
	JIT_ACCEPT=1 $(PYTHON) -m pytest tests
