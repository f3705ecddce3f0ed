# shellcheck shell=bash disable=SC2034
title='OpenTelemetry Collector'
variable=TESTBED_OTELCOL
programs='otelcol otelcol-contrib'
sources='go.mod go.sum main.go'

needs() { need_go otelcol; }

build() {
    # Everything is pinned: a module that go.sum does not know is an error.
    (cd "$here/otelcol" && go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$1" .)
}
