# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors

# Node 24 is one of the dependencies: nothing here uses the machine's own after `setup`.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help setup lab test outage e2e bench build image generate check defences
.DEFAULT_GOAL := help

help: ## print this
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the others need; they call it themselves
	@scripts/setup.sh

lab: setup ## bring a file to every node of a lab cluster; ARGS="--nodes 8 --size 512MiB" for more, ARGS=--help for all
	@npm run --silent lab -- $(ARGS)

test: setup ## run every check and test that this machine can run
	@npm test --silent

outage: setup ## take the API server away from the operator for a whole minute, in the middle of a job of 200 nodes
	@PATCHSWARM_OUTAGE_SECONDS=60 vitest run --project api test/api/outages.test.ts

e2e: setup ## install the chart on a real cluster that this machine brings up (as root on Linux), and wherever else it can
	@npm run e2e --silent

defences: setup ## take every defence away, one at a time, and see its test fail; ARGS=tracker for those that speak of it
	@npm run --silent defences -- $(ARGS)

bench: setup ## measure; ARGS="one-to-one" for one of them
	@npm run --silent bench -- $(ARGS)

build: setup ## make one file of each program and all that it imports: dist/*.mjs
	@npm run --silent build

image: setup ## make the images without Docker: dist/image/operator.tar and agent.tar; ARGS=--help for more
	@npm run --silent image -- $(ARGS)

generate: setup ## write what is made from the CRDs, the protocol files and the chart
	@npm run --silent generate

check: setup ## the quick half of `make test`: generated files, Biome, tsc, knip
	@npm run --silent check
