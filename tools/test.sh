#!/usr/bin/env bash
# Runs every test, part by part, and prints how long each part took.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
summary=()
started=$SECONDS

part() { # part NAME COMMAND...
    local name=$1 from=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    summary+=("$(printf '%5d s  %s' $((SECONDS - from)) "$name")")
}

part 'build' "$cargo" test --workspace --no-run --quiet
part 'release build' "$cargo" build --release --package rocketctl --quiet
part 'unit, property and contract tests' \
    "$cargo" test --workspace --exclude rocket-e2e --quiet
part 'fuzz targets, 5 s each' tools/fuzz.sh 5
part 'real servers' testbed/testbed.sh provide
part 'whole-system tests' "$cargo" test --package rocket-e2e --quiet

printf '\n== how long each part took\n'
printf '%s\n' "${summary[@]}"
printf '%5d s  in all\n' $((SECONDS - started))
