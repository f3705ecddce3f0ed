#!/usr/bin/env bash
# Measures the one process as README's table of figures states it. Linux only (/proc).
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ${1:-} == --help ]]; then
    echo "Usage: tools/bench.sh [RUNS] [SECONDS]    for example: tools/bench.sh 3 20"
    echo "Builds the release, then RUNS times (3): time to ready, memory, a load without a"
    echo "pause and constant rates of SECONDS (20) each, 10,000 ships at once."
    echo "Prints min / median / max of each as a Markdown table."
    exit 0
fi
runs=${1:-3} seconds=${2:-20}
cargo=${CARGO:-cargo}
target=$("$cargo" metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
program=$target/release/rocketctl
work=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

say() { printf '%s\n' "$*" >&2; }

say 'building'
"$cargo" build --release --quiet --package rocketctl
"$cargo" bench --no-run --quiet --package rocket-assembly 2>/dev/null

# Enough of every part, and ships that are ready soon, so that a run has an end.
sed 's/^\( *stock: \).*/\1100000000/' examples/catalogue.yaml >"$work/catalogue.yaml"
sed 's/assemblyTime: .*/assemblyTime: 1s/' examples/laptop.yaml >"$work/platform.yaml"

start() { # start DATA: sets pid, url and ready_ms
    : >"$work/log"
    LOG_FORMAT=json RUST_LOG=info "$program" up --file "$work/platform.yaml" --data "$1" \
        --catalogue "$work/catalogue.yaml" --listen "127.0.0.1:$port" >/dev/null 2>"$work/log" &
    pid=$!
    until grep -q '"ready_ms"' "$work/log"; do
        kill -0 "$pid" || { cat "$work/log" >&2; exit 1; }
        sleep 0.01
    done
    ready_ms=$(sed -n 's/.*"ready_ms":\([0-9]*\).*/\1/p' "$work/log")
}

stop() {
    kill "$pid"
    wait "$pid" || true
    pid=
}

resident() { awk '/VmRSS/ {printf "%.1f\n", $2 / 1024}' "/proc/$pid/status"; }

declare -A seen
note() { # note NAME NUMBER [FORMAT]
    seen[$1]+="$(printf "${3:-%s}" "$2")"$'\n'
}

within() { # within OBJECT FIELD: a number from the JSON on standard input
    sed -n "s/.*\"$1\":{[^}]*\"$2\":\\([0-9.]*\\).*/\\1/p"
}

load() { # load NAME ARGUMENTS...: runs a load, notes what it prints
    local name=$1 json
    shift
    json=$("$program" load --url "http://127.0.0.1:$port" --duration "${seconds}s" \
        --measure "$pid" --json "$@" 2>/dev/null) || { say "load failed: $json"; exit 1; }
    note "$name orders_per_second" "$(sed -n 's/.*"orders_per_second":\([0-9.]*\).*/\1/p' <<<"$json")" %.0f
    for call in create pay; do
        for quantile in p50_ms p99_ms; do
            note "$name $call $quantile" "$(within "$call" "$quantile" <<<"$json")" %.1f
        done
    done
    note "$name cpu" "$(within measured cpu_seconds_per_1000_orders <<<"$json")" %.2f
    note "$name resident" "$(within measured resident_mib <<<"$json")" %.1f
}

for ((run = 1; run <= runs; run++)); do
    say "run $run of $runs"
    port=$((20000 + RANDOM % 10000))
    start "$work/data-$run"
    note ready_new "$ready_ms"
    stop
    start "$work/data-$run"
    note ready_again "$ready_ms"
    sleep 3 # idle: what the start allocated and freed has settled
    note idle "$(resident)"
    say '  a constant 100 orders a second'
    load 100 --rate 100
    say '  a constant 200 orders a second'
    load 200 --rate 200
    say '  32 connections without a pause'
    load closed --closed --connections 32
    stop
    rm -rf "$work/data-$run"
    say '  10,000 ships at once'
    ships=$("$cargo" bench --quiet --package rocket-assembly 2>/dev/null | grep '"ships"')
    note ships_p99 "$(within lateness_ms p99 <<<"$ships")"
    note ships_memory "$(within resident_mib in_assembly <<<"$ships")"
done

spread() { # spread NAME: min / median / max
    sort -n <<<"${seen[$1]%$'\n'}" |
        awk '{v[NR] = $1} END {printf "%s / %s / %s", v[1], v[int((NR + 1) / 2)], v[NR]}'
}
row() { printf '| %s | %s%s | %s |\n' "$1" "$(spread "$2")" "$3" "$4"; }

printf '%s, %s cores, %s\n\n' "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" \
    "$(nproc)" "tools/bench.sh $runs $seconds"
printf '| what | min / median / max | aim |\n|---|---|---|\n'
row 'ready, new data directory' ready_new ' ms' '300 ms'
row 'ready, existing data directory' ready_again ' ms' '300 ms'
row 'resident memory, idle' idle ' MiB' '40 MiB'
row 'resident memory, after the loads' 'closed resident' ' MiB' ''
row 'orders per second (create + pay), 32 connections' 'closed orders_per_second' '' '1,000'
row 'processor seconds for 1,000 orders, 32 connections' 'closed cpu' ' s' '1 s'
for rate in 100 200; do
    row "processor seconds for 1,000 orders, at $rate a second" "$rate cpu" ' s' '1 s'
    for call in create pay; do
        aim=
        [[ $rate != 100 ]] || aim='5 ms'
        row "$call at $rate a second, p50" "$rate $call p50_ms" ' ms' ''
        row "$call at $rate a second, p99" "$rate $call p99_ms" ' ms' "$aim"
    done
done
row '10,000 ships at once: lateness, p99' ships_p99 ' ms' '250 ms'
row '10,000 ships at once: resident memory of the process' ships_memory ' MiB' ''
printf '| release binary | %s MiB | |\n' "$(du -m "$program" | cut -f1)"
