#!/bin/sh
# ratchet.sh NAME PEER [ARGS]: runs the judge ../shared/oracles/NAME over our go and compares its failures with
# test/conformance/NAME.known ("case # reason" lines). A failure that is not listed, or a listed case that passes, is
# an error. The long judges of `make conformance PEER=DIR`.
set -eu
cd "$(dirname "$0")/../.."
name=$1 peer=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
GOROOT=$peer/std CGO_ENABLED=0 ../shared/oracles/"$name" "$peer" bin/go "$@" >"$log" 2>&1 || true
sed -n 's/^FAIL [A-Za-z]*\/\([^ ]*\).*/\1/p' "$log" | sort -u >"$log.now"
sed 's/ *#.*//; /^$/d' "test/conformance/$name.known" | sort -u >"$log.known"
new=$(comm -23 "$log.now" "$log.known") fixed=$(comm -13 "$log.now" "$log.known")
rm -f "$log.now" "$log.known"
[ -z "$new" ] || printf 'new failure: %s\n' $new
[ -z "$fixed" ] || [ $# -gt 0 ] || printf 'passes now, take it off the list: %s\n' $fixed
tail -n 1 "$log"
[ -z "$new" ] && { [ -z "$fixed" ] || [ $# -gt 0 ]; }
