#!/usr/bin/env bash
# Finds or builds the real servers that tests need.
#   testbed.sh provide        every server, with progress
#   testbed.sh path SERVER    prints the program to start, provided first if need be
# Each folder here is one server; its server.sh says what it is called and how it is
# built. See README.md.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ROCKET_TESTBED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rocket-testbed}

say() { printf 'testbed: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# What a server.sh sets: title, variable, programs, sources; and two functions: needs,
# which fails when it cannot be built here, and build, which takes the file to make.
load() {
    local file=$here/$1/server.sh
    [ -f "$file" ] || fail "no server is called $1"
    unset title variable programs sources
    # shellcheck source=/dev/null
    source "$file"
}

need_go() { # need_go FOLDER: its go.mod names the least version
    local least have
    least=$(awk '$1 == "go" {print $2}' "$here/$1/go.mod")
    have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || have=
    if [ -z "$have" ] || [ "$(printf '%s\n' "$least" "$have" | sort -V | head -1)" != "$least" ]; then
        fail "$title: not found and cannot be built (Go ${have:-is missing}): install Go >= $least, or name a program in $variable"
    fi
}

provide() { # provide SERVER: prints the program's path
    load "$1"
    local given=${!variable:-} name program key
    if [ -n "$given" ]; then
        [ -x "$given" ] || fail "$variable: $given is not a program"
        printf '%s\n' "$given"
        return
    fi
    for name in $programs; do
        if program=$(command -v "$name"); then
            printf '%s\n' "$program"
            return
        fi
    done
    # A change of the sources is another program; old ones stay for other clones.
    key=$(cd "$here/$1" && cat $sources | sha256sum | cut -c1-16)
    program=$cache/$1-$key
    [ -x "$program" ] || build_once "$1" "$program"
    printf '%s\n' "$program"
}

build_once() {
    local server=$1 program=$2 from=$SECONDS
    mkdir -p "$cache"
    exec 9>"$cache/$server.lock"
    if ! flock --nonblock 9; then
        say "$title: another process builds it; waiting"
        flock 9
    fi
    if [ ! -x "$program" ]; then
        needs
        say "$title: building (once; minutes)"
        build "$program.part" >&2
        mv "$program.part" "$program"
        say "$title: built in $((SECONDS - from)) s"
    fi
    exec 9>&-
}

case ${1:-} in
provide)
    for folder in "$here"/*/server.sh; do
        server=$(basename "$(dirname "$folder")")
        program=$(provide "$server")
        load "$server"
        say "$title: $program"
    done
    ;;
path) provide "${2:?which server}" ;;
*)
    sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
