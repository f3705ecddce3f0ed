#!/usr/bin/env bash
# Measures what the README states: time to ready and memory when idle, of the release
# build, on a new data directory and on one that is there. Linux only (/proc).
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == --help ]]; then
    echo "Usage: tools/figures.sh [RUNS]    for example: tools/figures.sh 5"
    echo "Builds the release, starts it RUNS times (3) and prints min / median / max."
    exit 0
fi
runs=${1:-3}
cargo=${CARGO:-cargo}
"$cargo" build --release --quiet --package rocketctl
target=$("$cargo" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
program=$target/release/rocketctl
work=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

start() { # start DATA: sets ready_ms and rss_kib
    : >"$work/log"
    LOG_FORMAT=json "$program" up --file examples/laptop.yaml --data "$1" \
        --listen 127.0.0.1:0 >/dev/null 2>"$work/log" &
    pid=$!
    until grep -q '"ready_ms"' "$work/log"; do
        kill -0 "$pid" || { cat "$work/log"; exit 1; }
        sleep 0.01
    done
    sleep 2 # idle: what the start allocated and freed has settled
    ready_ms=$(sed -n 's/.*"ready_ms":\([0-9]*\).*/\1/p' "$work/log")
    rss_kib=$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")
    kill "$pid"
    wait "$pid" || true
    pid=
}

spread() { # min / median / max of the lines on standard input
    sort -n | awk '{v[NR] = $1} END {printf "%s / %s / %s\n", v[1], v[int((NR + 1) / 2)], v[NR]}'
}

new=() again=() idle=()
for ((run = 1; run <= runs; run++)); do
    printf 'run %d of %d\n' "$run" "$runs" >&2
    start "$work/data-$run"
    new+=("$ready_ms")
    start "$work/data-$run"
    again+=("$ready_ms")
    idle+=("$(awk "BEGIN {printf \"%.1f\", $rss_kib / 1024}")")
done
printf 'ready, new data directory, ms:  %s\n' "$(printf '%s\n' "${new[@]}" | spread)"
printf 'ready, existing directory, ms:  %s\n' "$(printf '%s\n' "${again[@]}" | spread)"
printf 'resident when idle, MiB:        %s\n' "$(printf '%s\n' "${idle[@]}" | spread)"
printf 'release binary, MiB:            %s\n' "$(du -m "$program" | cut -f1)"
