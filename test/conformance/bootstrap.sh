#!/bin/sh
# bootstrap.sh PEER: the official toolchain, built by Ingot, builds the official toolchain; so does the official Go in PEER.
# Both must come out bit for bit the same. The collector of the tools that Ingot built runs five times as often as it
# would (GOGC=20): what is wrong with barriers or stack maps shows here first. About ten minutes.
set -eu
cd "$(dirname "$0")/../.."
peer=$1 go=$PWD/bin/go
programs="cmd/compile cmd/go cmd/link cmd/asm cmd/gofmt"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS= GOTELEMETRY=off
cp -r "$peer/std" "$scratch/goroot"
tools=$scratch/goroot/pkg/tool/linux_amd64
mkdir -p "$tools" "$scratch/goroot/bin"
for t in compile asm link cover preprofile; do
	GOROOT=$peer/std GOCACHE=$scratch/ingot "$go" build -trimpath -o "$tools/$t" "cmd/$t"
done
GOROOT=$peer/std GOCACHE=$scratch/ingot "$go" build -trimpath -o "$scratch/goroot/bin/go" cmd/go
GOROOT=$scratch/goroot GOCACHE=$scratch/second GOGC=20 "$scratch/goroot/bin/go" build -trimpath -o "$scratch/ours/" $programs
GOROOT=$peer GOCACHE=$scratch/official "$peer/bin/go" build -trimpath -o "$scratch/theirs/" $programs
passed=0 failed=0
for p in $programs; do
	if cmp "$scratch/ours/${p#cmd/}" "$scratch/theirs/${p#cmd/}"; then
		passed=$((passed + 1))
	else
		echo "FAIL $p differs"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
