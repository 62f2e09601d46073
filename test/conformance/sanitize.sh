#!/bin/sh
# sanitize.sh: the compiler, assembler and linker under sanitizers. `make sanitized` has built build/debug/go
# (AddressSanitizer, UndefinedBehaviorSanitizer) and build/tsan/go (ThreadSanitizer). Each compiles from an empty cache:
# the first the library and cmd, the second, with four threads, the library and two programs, three times. Processes that
# are forked with threads are not watched by ThreadSanitizer, so it also sees some packages again with other flags, which
# are compiled in the command itself with imports from the cache, and hello by `go tool compile` from end to end. Any
# report of a sanitizer, and any failed build, is a failure.
set -eu
cd "$(dirname "$0")/../.."
GOROOT=$(tools/goroot)
export GOROOT CGO_ENABLED=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/server"
cat >"$scratch/server/main.go" <<'END'
package main

import (
	"encoding/json"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(r.URL.Query()) })
	http.ListenAndServe("localhost:0", nil)
}
END
failed=0
export GOCACHE="$scratch/cache" ASAN_OPTIONS=detect_leaks=0
# A fork holds more locks than the detector of deadlocks counts.
export TSAN_OPTIONS="detect_deadlocks=0 die_after_fork=0"
# judged NAME COMMAND
judged() {
	name=$1
	shift
	if "$@" >"$scratch/out" 2>&1 && ! grep -q 'runtime error:\|Sanitizer' "$scratch/out"; then
		echo "PASS $name"
	else
		echo "FAIL $name"
		head -n 40 "$scratch/out"
		failed=1
	fi
}
# build NAME GO ARGS: from an empty cache
build() {
	name=$1 go=$2
	shift 2
	rm -rf "$scratch/cache"
	judged "$name" "$go" build "$@"
}
build asan-std build/debug/go std
build asan-cmd build/debug/go cmd
for i in 1 2 3; do
	build "tsan-hello-$i" build/tsan/go -p 4 -o "$scratch/exe" examples/hello/hello.go
	build "tsan-server-$i" build/tsan/go -p 4 -o "$scratch/exe" "$scratch/server/main.go"
done
for p in net/http crypto/tls crypto/x509 encoding/json; do
	judged "tsan-again-$p" build/tsan/go build -p 4 "-gcflags=$p=-dwarf" -o "$scratch/exe" "$scratch/server/main.go"
done
build/tsan/go build -n -a -o "$scratch/exe" examples/hello/hello.go 2>&1 |
	sed "s/ -c=[0-9]* / -c=4 /; s|[^ ]*/tool/|$PWD/build/tsan/go tool |" >"$scratch/script"
judged tsan-tool-compile sh -e "$scratch/script"
build tsan-std build/tsan/go -p 4 std
exit $failed
