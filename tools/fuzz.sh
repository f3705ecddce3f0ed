#!/usr/bin/env bash
# Feeds rubbish to whatever reads input from outside: see fuzz/README.md.
#
#   tools/fuzz.sh [SECONDS] [TARGET...]    each target that long (10), all targets
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

cargo=${CARGO:-cargo}
seconds=10
if [[ ${1-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
targets=("$@")
if ((${#targets[@]} == 0)); then
    for file in targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
for target in "${targets[@]}"; do
    [[ -f targets/$target.rs ]] && continue
    echo "no such target: $target; there are $(cd targets && echo *.rs | sed 's/\.rs//g')" >&2
    exit 2
done

if ! command -v "${CXX:-c++}" >/dev/null; then
    echo "libFuzzer is built from C++ and no compiler was found: install g++, or set CXX" >&2
    exit 1
fi

# A folder of its own, beside the normal one: everything in it counts edges.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:+$CARGO_TARGET_DIR-fuzz}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${PWD%/fuzz}/target/fuzz}
# What cargo-fuzz sets with --sanitizer none. With --target it holds for the code under
# test and not for build scripts, which could not link with it.
coverage=(-sanitizer-coverage-level=4 -sanitizer-coverage-inline-8bit-counters
    -sanitizer-coverage-pc-table -sanitizer-coverage-trace-compares)
flags='-Cpasses=sancov-module --cfg fuzzing -Ccodegen-units=1'
for flag in "${coverage[@]}"; do flags+=" -Cllvm-args=$flag"; done
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS=$flags "$cargo" build --locked --release --quiet --target "$host" \
    "${targets[@]/#/--bin=}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# libFuzzer leaves without cleaning up, so what targets keep on disk is kept here.
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

failed=0
run() { # run TARGET
    local target=$1 log=$work/$1.log finds=$work/$1.finds artifacts=artifacts/$1
    local binary=$CARGO_TARGET_DIR/$host/release/$target
    # An input may take 20 s; the slowest known takes a few milliseconds.
    local options=(-timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1
        "-artifact_prefix=$artifacts/")
    [[ -f dictionaries/$target.dict ]] && options+=("-dict=dictionaries/$target.dict")
    mkdir -p "$finds" "$artifacts"
    local from=$SECONDS
    # First all that is kept, once each; then new inputs.
    if ! "$binary" "${options[@]}" -max_len=0 -runs=0 "corpus/$target" >"$log" 2>&1 ||
        { ((seconds > 0)) && ! "$binary" "${options[@]}" "-max_total_time=$seconds" \
            "$finds" "corpus/$target" >"$log" 2>&1; }; then
        report "$target" "$log" "$binary"
        return
    fi
    rmdir --ignore-fail-on-non-empty "$artifacts" artifacts
    local kept edges execs speed
    kept=$(find "corpus/$target" -type f | wc -l)
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
    printf '%-12s %4d kept %9d inputs %7d /s %7d edges %4d new finds %4d s\n' "$target" "$kept" \
        "$execs" "$speed" "$edges" "$(find "$finds" -type f | wc -l)" $((SECONDS - from))
    rm -rf "${TMPDIR:?}"/*
}

report() { # report TARGET LOG BINARY
    failed=1
    local input
    input=$(sed -n 's/.*Test unit written to //p' "$2" | tail -n 1)
    # From what was found on, or the last of what was said.
    sed -n '/panicked at\|ERROR: libFuzzer/,$p' "$2" | grep . >&2 || tail -n 60 "$2" >&2
    echo "$1 FAILED" >&2
    [[ -z $input ]] || printf 'input:  fuzz/%s\nrepeat: (cd fuzz && %q %q)\n' "$input" "$3" "$input" >&2
}

for target in "${targets[@]}"; do run "$target"; done
exit $failed
