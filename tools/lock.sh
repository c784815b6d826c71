#!/usr/bin/env bash
# Makes the hashed lock files anew from pyproject.toml. No index address may stand in them.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@")
"${compile[@]}" pyproject.toml -o requirements/run.txt
"${compile[@]}" pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
