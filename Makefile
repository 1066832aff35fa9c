# Every target sets up what it needs: Debian packages, a build, a Python environment. The second call starts in seconds.
# The work is in CMake presets and pip; this file only orders it.
BUILD   := build/release
STAMPS  := build/stamps
PYTHON  ?= python3
LOG     ?= $(firstword $(wildcard ../shared/data/paper-logs/cos-210m_*iter22222_*.json))

LOGS    ?= $(wildcard ../shared/data/paper-logs)

# Parts of the build; all of them share one folder and its objects.
FIRST      := -DSCHEDULED_BUILD_TESTS=OFF -DSCHEDULED_BUILD_PEP=OFF -DSCHEDULED_BUILD_LAW=OFF -DSCHEDULED_BUILD_ANYTIME=OFF
PROGRAMS   := -DSCHEDULED_BUILD_TESTS=OFF -DSCHEDULED_BUILD_PEP=ON -DSCHEDULED_BUILD_LAW=ON -DSCHEDULED_BUILD_ANYTIME=ON
EVERYTHING := -DSCHEDULED_BUILD_TESTS=ON -DSCHEDULED_BUILD_PEP=ON -DSCHEDULED_BUILD_LAW=ON -DSCHEDULED_BUILD_ANYTIME=ON

.PHONY: build python wheels debs docs test frameworks launchers demo figures experiment bench lint fuzz torture clean
build: $(STAMPS)/packages
	cmake --preset release $(EVERYTHING)
	cmake --build --preset release

python: $(STAMPS)/python

test: build python
	.venv/bin/python -m pytest -q tests/python
	@if [ -x .venv-frameworks/bin/python ]; then $(MAKE) --no-print-directory frameworks; \
	else echo 'tests/frameworks skipped: make frameworks'; fi
	ctest --preset release

# The adapters against the frameworks themselves, in an environment of their own: 3 GB of packages, 5.5 GB on disk.
frameworks: $(STAMPS)/frameworks
	.venv-frameworks/bin/python -m pytest -q -c tests/frameworks/pytest.ini tests/frameworks

# Nothing built yet: what the first answer needs comes first, the rest while that stands on the screen.
demo:
	@tools/setup.sh command
	@test -x $(BUILD)/scheduled || { \
	  echo 'demo: building the command for the first comparison; loss laws, run store and trainer follow' && \
	  cmake --preset release $(FIRST) >/dev/null && cmake --build --preset release --target scheduled; }
	@tools/demo.sh compare $(BUILD)/scheduled
	@printf '\ndemo: building the rest: loss laws, run store and trainer (LibTorch)\n'
	@tools/setup.sh trainer
	@cmake --preset release $(PROGRAMS) >/dev/null
	@cmake --build --preset release --target programs
	@LOG='$(LOG)' tools/demo.sh run $(BUILD)/scheduled

# The paper's figures into build/figures; those of real runs where LOGS, the folder of its logs, is there.
figures: $(STAMPS)/packages
	cmake --preset release $(EVERYTHING)
	cmake --build --preset release --target scheduled-paper
	$(BUILD)/scheduled-paper figures $(if $(LOGS),--logs '$(LOGS)') --threads 2 --out build/figures

# The experiment of docs/anytime.md: hours of training on JOBS cores; stopped, the same command goes on. Its logs and page
# go into build/experiment.
JOBS ?= 2
experiment: $(STAMPS)/packages
	cmake --preset release $(EVERYTHING)
	cmake --build --preset release --target programs scheduled-paper
	tools/corpus.sh build/experiment
	$(PYTHON) tools/experiment.py $(BUILD)/scheduled build/experiment --corpus build/experiment/corpus.txt --jobs $(JOBS)
	@mkdir -p build/experiment/images
	$(BUILD)/scheduled-paper anytime build/experiment/logs build/experiment/images > build/experiment/anytime.md
	@echo 'page: build/experiment/anytime.md'

bench: $(STAMPS)/packages
	cmake --preset bench
	cmake --build --preset bench
	@for program in build/bench/bench/bench_*; do if [ -x $$program ] && [ ! -d $$program ]; then $$program || exit 1; fi; done
	@if [ ! -x build/bench/scheduled-train ]; then echo 'bench: no trainer, it needs libtorch-dev'; \
	elif ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then echo 'bench: no eager PyTorch, it needs python3-torch'; \
	else /usr/bin/python3 bench/trainer.py build/bench/scheduled; fi

# What people install, into build/wheels: an sdist, wheels with package and command for Linux, archives with the command; checked and
# tried. For the Pythons that are here, or those of PYTHONS, and for x86-64, or the MACHINES x86_64 and aarch64.
PYTHONS  ?=
MACHINES ?=
wheels:
	@tools/setup.sh wheels
	$(PYTHON) tools/wheels/wheels.py $(addprefix --python ,$(PYTHONS)) $(addprefix --machine ,$(MACHINES))

# Debian packages of the command and the library, into build/debs.
debs: build
	cpack --config $(BUILD)/CPackConfig.cmake -B build/debs

# The documentation as a site with search, in build/docs/site: pages, interfaces, public headers and examples. The docstrings of what is
# written in C++ are in the stub of the built package.
docs: python
	test -x build/docs/tools/bin/mkdocs || { $(PYTHON) -m venv build/docs/tools && \
	  build/docs/tools/bin/python -m pip install --quiet 'mkdocs-material>=9.5,<10'; }
	$(PYTHON) tools/site.py build/docs --mkdocs build/docs/tools/bin/mkdocs \
	  --stub "$$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("scheduled._core").origin.rpartition("/")[0])')/_core.pyi"
	@echo 'docs: build/docs/site/index.html'

# clang-format and clang-tidy, as a developer runs them before a commit.
lint: build
	tools/lint.sh

# The libFuzzer targets, RUNS executions each.
RUNS ?= 1000000
fuzz: $(STAMPS)/packages
	tools/fuzz.sh $(RUNS)

# A standing attack on the run store: kills, flipped bits, failing and full disks, readers beside writers, operations
# against a model. Seeds are printed; tests/torture/torture.py --seed plays one again.
MINUTES ?= 10
torture: build
	$(PYTHON) tests/torture/torture.py $(BUILD) --minutes $(MINUTES)

# NeMo-Run and SkyPilot, for the test that runs a plan by them: 1 GB of packages, resolved by pip.
launchers: $(STAMPS)/launchers
$(STAMPS)/launchers: tests/cli/launchers.txt
	test -x .venv-launchers/bin/python || $(PYTHON) -m venv .venv-launchers
	.venv-launchers/bin/python -m pip install --quiet -r tests/cli/launchers.txt
	@mkdir -p $(STAMPS) && touch $@

clean:
	rm -rf build .venv .venv-frameworks .venv-launchers

$(STAMPS)/packages: tools/setup.sh
	tools/setup.sh
	@mkdir -p $(STAMPS) && touch $@

# pip builds the extension from the sources, so it runs again when one of them has changed.
$(STAMPS)/python: $(STAMPS)/packages pyproject.toml CMakeLists.txt $(wildcard cmake/* include/scheduled/* src/*/* src/*/*/* python/CMakeLists.txt python/src/* python/src/*/* python/scheduled/*.py* python/scheduled/*/*.py)
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	rm -rf build/wheel
	.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	.venv/bin/python -m pip uninstall -qq --yes scheduled  # the distribution's name before it was scheduled-lr
	.venv/bin/python -m pip install --quiet --no-deps --force-reinstall build/wheel/*.whl
	.venv/bin/python -m pip install --quiet "$$(echo build/wheel/*.whl)[test]"
	@touch $@

# The requirements are complete, so nothing is resolved: PyTorch would bring all of CUDA.
$(STAMPS)/frameworks: $(STAMPS)/python tests/frameworks/requirements.txt
	test -x .venv-frameworks/bin/python || $(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --no-deps -r tests/frameworks/requirements.txt
	.venv-frameworks/bin/python -m pip uninstall -qq --yes scheduled
	.venv-frameworks/bin/python -m pip install --quiet --no-deps --force-reinstall build/wheel/*.whl
	@touch $@
