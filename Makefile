# The lab's commands. `make` alone lists them.
SHELL := bash
PY := .venv/bin/python
# The tools of the venv come first: cells, lint and tests use the pinned ones.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup lab test notebooks demo lint image image-test clean
.DEFAULT_GOAL := help

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | while IFS=$$'\t' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

setup: ## install everything into .venv (CUDA=1 adds the plugin for NVIDIA GPUs); nothing to do the second time
	@scripts/setup.sh

lab: setup ## start JupyterLab on the notebooks and print its address (PORT=8888 or the next free one)
	@scripts/lab.sh

test: setup ## check everything: format, vet, staticcheck, all Go tests, the notebooks in quick mode
	@go run ./internal/testall

notebooks: setup ## run the notebooks in full, check their claims and save their outputs
	@go run ./internal/notebook/run -full $(NOTEBOOKS)

demo: setup ## train SimCLR on emoji from nothing, print the results beside their baselines, write report.html
	@go run ./cmd/lab demo

lint: setup ## format, vet, staticcheck and go.mod only
	@go run ./internal/testall -lint

image: ## build the Docker image with docker, podman or buildah (CUDA=1: for NVIDIA GPUs)
	@scripts/image.sh build

image-test: ## try the image: a container without network, notebooks, another user
	@scripts/image.sh test

clean: ## remove .venv and what was built; runs and notebooks stay
	@rm -rf .venv .venv.lock bin
