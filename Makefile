# The two commands of a newcomer are `make demo` and `make test`. Both install what they need.
# `npm run help` lists the rest.

.PHONY: demo demo-down test test-unit test-app test-sources test-integration test-e2e check setup help

# Node of the right version comes with the packages, so that any Node from 20 on can start this.
node := node_modules/.bin/node

help:
	@sed -n 's/^# //p' Makefile; echo; grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /  /'

# Not `npm ci`: it refuses a lockfile without the optional packages of every other platform, which
# not every registry has. The versions and checksums of the lockfile hold all the same.
node_modules/.installed: package-lock.json package.json
	npm install --no-save --no-audit --no-fund --loglevel=error
	touch $@

app/src/generated/client.ts: prisma/schema.prisma node_modules/.installed
	npm run --silent generate
	touch $@

setup: app/src/generated/client.ts ## installs packages and generates the database client

setup-postgres: setup
	$(node) tools/setup/postgres.ts

setup-redis: setup
	$(node) tools/setup/redis.ts

setup-nfs: setup
	$(node) tools/setup/nfs.ts

setup-prometheus: setup
	$(node) tools/setup/prometheus.ts

demo: setup ## a cluster, the app, a good release and bad ones that are taken back
	$(node) test/e2e/demo/main.ts

demo-down: setup ## takes the demo's cluster down and lists what is left
	$(node) test/cluster/main.ts down

test: setup-postgres setup-redis setup-nfs setup-prometheus ## everything this machine can run; a tier that cannot run fails
	$(node) tools/test/main.ts $(TIERS)

check: setup ## what needs no cluster
	npm run check

test-unit: setup
	$(node) tools/test/main.ts typecheck lint tidy gen synth unit

test-app: setup-postgres setup-redis setup-nfs
	$(node) tools/test/main.ts app

test-sources: setup-prometheus
	$(node) tools/test/main.ts sources

test-integration: setup
	$(node) tools/test/main.ts integration

test-e2e: setup
	$(node) tools/test/main.ts e2e
