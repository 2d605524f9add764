# Setting up, running and checking MammoVLM on one machine. `make` alone lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN := .venv/bin
INSTALLED_FROM := pyproject.toml constraints.txt hashes.txt weights-packages.txt \
	scripts/python-environment.sh
PYTEST_OPTIONS ?=
# Those of tests/system start whole installations, which would take the processor from each other.
TESTS_OF_ONE_PROCESS := tests/unit tests/contract tests/golden

.NOTPARALLEL:

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: packages $(BIN)/.prepared viewer ## install what is missing (Debian packages, .venv, converted weights, OHIF)

.PHONY: packages
packages:
	@scripts/debian-packages.sh run

.PHONY: test-packages
test-packages:
	@scripts/debian-packages.sh test

$(BIN)/.installed: $(INSTALLED_FROM) | packages
	@scripts/python-environment.sh
	@touch $@

$(BIN)/.prepared: $(BIN)/.installed
	@$(BIN)/mammovlm prepare
	@touch $@

.PHONY: viewer
viewer: packages
	@scripts/ohif-viewer.sh

.PHONY: demo
demo: setup ## start everything, send a real exam, print the report that comes back
	@$(BIN)/mammovlm up
	@$(BIN)/mammovlm demo

.PHONY: up
up: setup ## start Orthanc, RabbitMQ and a worker in the background
	@$(BIN)/mammovlm up

.PHONY: down
down: ## stop them
	@[ ! -x $(BIN)/mammovlm ] || $(BIN)/mammovlm down

.PHONY: status
status: setup ## show what runs, where, and the studies' states
	@$(BIN)/mammovlm status

.PHONY: test
test: test-packages setup lint ## lint and run the whole test suite
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope \
		$(TESTS_OF_ONE_PROCESS) $(PYTEST_OPTIONS)
	@$(BIN)/python -m pytest tests/system $(PYTEST_OPTIONS)

WORK ?= $(HOME)/.cache/mammovlm/training
MINI_MIAS ?=
VICTRE ?=
# Simulated lesions in normal films of mini-MIAS: as many as the shipped experts learned from.
HYBRIDS ?= 107
WEIGHTS := worker/mammovlm/model/weights/compact

.PHONY: train-compact
train-compact: setup ## train the `compact` weights again (MINI_MIAS=, VICTRE=: local copies; WORK=)
	@$(BIN)/python -m mammovlm.training.train_compact --out $(WEIGHTS) --work $(WORK) \
		$(if $(MINI_MIAS),--mini-mias $(MINI_MIAS) --hybrids $(HYBRIDS)) \
		$(if $(VICTRE),--victre $(VICTRE))
	@$(BIN)/python -m mammovlm.training.tune_language_model --out $(WORK)/language-model \
		--embeddings $(WORK)/run/embeddings.safetensors --weights $(WEIGHTS)

.PHONY: lint
lint: $(BIN)/.installed ## style, types and the import fence
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@PYTHONPATH=plugin $(BIN)/lint-imports

.PHONY: test-images test-compose
test-images: ## build the images of docker/ without Docker (needs mmdebstrap and podman)
	@scripts/test-images.sh
test-compose: setup ## run docker/compose.yaml with them and send a study (needs root, podman, mmdebstrap)
	@scripts/test-compose.sh

.PHONY: bench
bench: setup ## measure the whole path; prints ratios and medians
	@$(BIN)/mammovlm bench

.PHONY: bench-model
bench-model: setup ## measure the model on this device; writes a page into docs/bench
	@$(BIN)/mammovlm bench-model $(BENCH)

.PHONY: train-dry-run
train-dry-run: $(BIN)/.installed ## a few training steps at the paper's size on noise (needs a GPU)
	@$(BIN)/python -m accelerate.commands.launch -m mammovlm.training.dry_run

STUDIES ?= 300
MINUTES ?=
CASES ?= 10000
BACKLOG ?= 1000
SEED ?=

.PHONY: chaos
chaos: test-packages setup ## kill, cut and starve the programs while studies flow (STUDIES=, SEED=, MINUTES=)
	@PYTHONPATH=tests $(BIN)/python -m system.chaos --studies $(STUDIES) \
		$(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

.PHONY: fuzz
fuzz: test-packages setup ## mutated files, headers, messages and requests (CASES=, SEED=)
	@PYTHONPATH=tests $(BIN)/python -m fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

.PHONY: load
load: test-packages setup ## a backlog of queued studies: memory, throughput, urgency (BACKLOG=)
	@PYTHONPATH=tests $(BIN)/python -m system.chaos.load --studies $(BACKLOG)

.PHONY: sbom audit hashes
sbom: $(BIN)/.installed ## list everything that is installed (CycloneDX, var/sbom.json)
	@scripts/supply-chain.sh sbom
audit: $(BIN)/.installed ## ask whether a version in use is known to be vulnerable (needs pypi.org)
	@scripts/supply-chain.sh audit
hashes: ## write hashes.txt anew, after `make lock`
	@scripts/supply-chain.sh hashes

.PHONY: docs
docs: $(BIN)/.installed ## write docs/settings.md anew from the code
	@$(BIN)/python scripts/settings_document.py > docs/settings.new
	@mv docs/settings.new docs/settings.md

.PHONY: pictures
pictures: test-packages setup ## take the pictures in docs/pictures anew, of the real system
	@PYTHONPATH=tests $(BIN)/python tests/take_pictures.py docs/pictures

.PHONY: lock
lock: ## write constraints.txt anew from the packages in .venv
	@{ head -n 1 constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' \
		| grep -v -x -F -f weights-packages.txt; } > constraints.new
	@mv constraints.new constraints.txt
