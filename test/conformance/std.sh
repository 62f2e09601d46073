#!/bin/sh
# std.sh PEER: go test -short of all packages of the library but those that need a network or cgo, or run for very long.
# Compares what fails with test/conformance/std.known ("package # reason" lines): a failure that is not listed, or a
# listed package that passes, is an error. About 20 minutes on 2 processors.
set -eu
cd "$(dirname "$0")/../.."
go=$PWD/bin/go peer=$1
log=$(mktemp)
trap 'rm -f "$log" "$log.now" "$log.known"' EXIT
export GOROOT="$peer/std" CGO_ENABLED=0
skip='^vendor/|^net$|^net/http|^net/internal/|^net/rpc|^net/smtp|cgo|^crypto/tls|^runtime$|^runtime/race|^internal/trace'
(cd "$GOROOT/src" && "$go" list std | grep -Ev "$skip" | xargs "$go" test -short -timeout 180s) >"$log" 2>&1 || true
# One test of package runtime starts GOROOT/bin/go, which a GOROOT without tools lacks.
(cd "$GOROOT/src" && "$go" test -short -timeout 180s -skip '^TestAtomicAlignment$' runtime) >>"$log" 2>&1 || true
awk -F '\t' '/^FAIL\t/ { sub(/ .*/, "", $2); print $2 }' "$log" | sort -u >"$log.now"
sed 's/ *#.*//; /^$/d' test/conformance/std.known | sort -u >"$log.known"
new=$(comm -23 "$log.now" "$log.known") fixed=$(comm -13 "$log.now" "$log.known")
[ -z "$new" ] || printf 'new failure: %s\n' $new
[ -z "$fixed" ] || printf 'passes now, take it off the list: %s\n' $fixed
printf 'std: %s packages passed, %s failed, %s have no tests\n' "$(grep -c '^ok' "$log")" "$(wc -l <"$log.now")" "$(grep -c '^?' "$log")"
[ -z "$new$fixed" ]
