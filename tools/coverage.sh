#!/usr/bin/env bash
# Measures which lines of each service its own tests reach.
#
#   tools/coverage.sh           writes the table into each service's README
#   tools/coverage.sh --check   writes nothing, fails below the bars
set -euo pipefail
cd "$(dirname "$0")/.."

# The least a service may have, in percent of lines.
declare -A bars=([order]=80 [inventory]=80 [payment]=80 [assembly]=80 [notification]=80 [iam]=80)
services=(order inventory payment assembly notification iam)

cargo=${CARGO:-cargo}
check=false
case ${1-} in
'') ;;
--check) check=true ;;
*) echo "usage: tools/coverage.sh [--check]" >&2 && exit 2 ;;
esac

if ! "$cargo" llvm-cov --version >/dev/null 2>&1; then
    echo "cargo-llvm-cov is missing: cargo install cargo-llvm-cov --version 0.9.1 --locked" >&2
    exit 1
fi
tools=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
if [[ ! -x ${LLVM_COV:-$tools/llvm-cov} || ! -x ${LLVM_PROFDATA:-$tools/llvm-profdata} ]]; then
    echo "llvm-cov and llvm-profdata of this toolchain are missing: rustup component add llvm-tools" >&2
    exit 1
fi

# A folder of its own: code that counts is built differently.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:+$CARGO_TARGET_DIR-coverage}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/coverage}
# Counting needs no debugger.
export CARGO_PROFILE_DEV_DEBUG=false
packages=()
for service in "${services[@]}"; do packages+=(--package "rocket-$service"); done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Counts of earlier runs would be added: a test that is gone would still cover its lines.
"$cargo" llvm-cov clean --profraw-only
# Services never reach each other's code, so one run counts each one's own tests only.
"$cargo" llvm-cov --no-report --quiet "${packages[@]}" >"$work/tests" 2>&1 || {
    cat "$work/tests" >&2
    exit 1
}
"$cargo" llvm-cov report "${packages[@]}" --lcov --output-path "$work/lcov" >/dev/null 2>&1

# "module lines covered" for each module of a service, and one line "total". Suites,
# stand-ins and test modules are not what is measured.
count() {
    awk -v root="$PWD/services/$1/src/" '
        /^SF:/ {
            file = substr($0, 4)
            counted = index(file, root) == 1
            name = substr(file, length(root) + 1)
            if (name ~ /(^|\/)(tests|contract|fakes)(\/|\.rs$)/) counted = 0
            if (!counted) next
            module = name
            sub(/\/.*/, "", module)
            sub(/\.rs$/, "", module)
            end = tests_begin(file)
        }
        counted && /^DA:/ {
            split(substr($0, 4), at, ",")
            if (at[1] + 0 >= end) next
            lines[module]++
            if (at[2] > 0) covered[module]++
        }
        function tests_begin(file,    line, number, marked, found) {
            found = 1e9
            while ((getline line < file) > 0) {
                number++
                if (marked && line ~ /^mod tests \{/) found = number - 1
                # Other attributes may stand in between.
                if (line ~ /^#\[cfg\(test\)\]/) marked = 1
                else if (line !~ /^#\[/) marked = 0
            }
            close(file)
            return found
        }
        END {
            for (module in lines) {
                print module, lines[module], covered[module] + 0
                all += lines[module]
                hit += covered[module]
            }
            print "total", all, hit
        }
    ' "$work/lcov" | sort | awk '$1 == "total" { total = $0; next } { print } END { print total }'
}

table() {
    printf '| module | lines | covered | %% |\n|---|---:|---:|---:|\n'
    while read -r module lines covered; do
        [[ $module == total ]] && module='**total**'
        printf '| %s | %d | %d | %s |\n' "$module" "$lines" "$covered" \
            "$(awk -v c="$covered" -v l="$lines" 'BEGIN { printf "%.1f", 100 * c / l }')"
    done
}

write() { # write README TABLE: replaces what stands between the markers
    awk -v table="$2" '
        /<!-- coverage: end -->/ { inside = 0 }
        !inside { print }
        /<!-- coverage: begin -->/ {
            inside = 1
            while ((getline line < table) > 0) print line
            found = 1
        }
        END { exit !found }
    ' "$1" >"$work/readme" || { echo "$1 has no coverage markers" >&2; exit 1; }
    cat "$work/readme" >"$1"
}

failed=0
for service in "${services[@]}"; do
    count "$service" >"$work/$service"
    read -r _ lines covered < <(tail -n 1 "$work/$service")
    # In whole numbers, so that nothing is rounded over the bar.
    enough=$((covered * 100 >= bars[$service] * lines))
    printf '%-13s %5d of %5d lines, %3d %% (at least %d %%)%s\n' "$service" "$covered" "$lines" \
        $((covered * 100 / lines)) "${bars[$service]}" "$( ((enough)) || echo '  TOO LOW')"
    ((enough)) || failed=1
    $check && continue
    { echo 'Written by `make coverage`.'; echo; table <"$work/$service"; } >"$work/table"
    write "services/$service/README.md" "$work/table"
done
exit $failed
