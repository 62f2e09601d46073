#!/bin/bash
# run.sh: all tests. Unit tests in the release build and in the debug build (AddressSanitizer and
# UndefinedBehaviorSanitizer), the parser's fuzzer for a moment, then what is in test/conformance/*.test.
# Ends with the line "N passed, N failed, N skipped"; the exit status is non-zero if anything failed.
#
# A conformance test is an executable test/conformance/NAME.test. It is run in the project's directory with GO (our
# bin/go), GOROOT (the library) and SCRATCH (a directory of its own) in the environment, prints one line
# "PASS case", "FAIL case ..." or "SKIP case ..." for each case, and whatever else it likes. The ratchet,
# test/conformance/NAME.known, lists the cases known to fail, one a line (# begins a comment): they count as
# skipped, and as failed once they pass, so that the list shrinks. A test that needs the official Go runs only
# if PEER_GO names it.
#   JOBS=n   processes at once     ONLY=NAME   only this test (unit, fuzz or a conformance test)
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-$(nproc)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

wanted() { [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ]; }
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $*"; }
skip() { skipped=$((skipped + 1)); }

# unit DIR LABEL: each unit test's cases count one by one.
unit() {
	local t out n
	for t in "$1"/unit/*_test; do
		[ -x "$t" ] || continue
		out=$scratch/unit.out
		timeout 300 "$t" >"$out" 2>&1
		local status=$?
		n=$(grep -c '^\[       OK \]' "$out")
		passed=$((passed + n))
		n=$(grep -c '^\[  SKIPPED \] [a-z_0-9]*$' "$out")
		skipped=$((skipped + n / 2)) # cmocka lists skipped tests twice
		n=$(grep -c '^\[  FAILED  \] [a-zA-Z_0-9]*$' "$out")
		if [ $status -ne 0 ]; then
			[ "$n" -gt 1 ] && failed=$((failed + n / 2 - 1))
			fail "$(basename "$t") ($2), exit status $status"
			grep -v '^\[' "$out" | head -n 30
		fi
	done
}

run_conformance() {
	local t name line case known
	for t in test/conformance/*.test; do
		[ -x "$t" ] || continue
		name=$(basename "$t" .test)
		wanted "$name" || continue
		known=$scratch/known
		sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "test/conformance/$name.known" 2>/dev/null | sort -u >"$known"
		mkdir -p "$scratch/$name"
		if ! GO=$PWD/bin/go SCRATCH=$scratch/$name JOBS=$jobs timeout "${LIMIT:-1800}" "$t" >"$scratch/out" 2>"$scratch/err"; then
			fail "$name: the test itself failed"
			tail -n 10 "$scratch/err"
		fi
		local p=$passed f=$failed s=$skipped
		while IFS= read -r line; do
			case=${line#* }
			case=${case%% *}
			case $line in
			"PASS "*)
				if grep -qxF -- "$case" "$known"; then
					fail "$name: $case passes: take it off test/conformance/$name.known"
				else
					pass
				fi ;;
			"FAIL "*)
				if grep -qxF -- "$case" "$known"; then skip; else fail "$name: ${line#FAIL }"; fi ;;
			"SKIP "*) skip ;;
			esac
		done <"$scratch/out"
		echo "$name: $((passed - p)) passed, $((failed - f)) failed, $((skipped - s)) skipped or known"
	done
}

make -s -j"$jobs" all || { fail "release build"; }
debug=(B=build/debug CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
	LDFLAGS="-fsanitize=address,undefined")
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

if wanted unit && [ $failed = 0 ]; then
	make -s -j"$jobs" unit && unit build/release release || fail "unit tests do not build"
	make -s -j"$jobs" "${debug[@]}" unit && unit build/debug debug || fail "unit tests do not build (debug)"
fi
GOROOT=$(tools/goroot 2>/dev/null) && export GOROOT
if wanted fuzz && [ $failed = 0 ] && [ -n "${GOROOT:-}" ]; then
	if make -s "${debug[@]}" build/debug/fuzz/syntax_fuzz &&
		build/debug/fuzz/syntax_fuzz 10 $(find "$GOROOT/src/fmt" "$GOROOT/src/go" "$GOROOT/src/internal/types/testdata" -name '*.go' | sort) >"$scratch/out" 2>&1; then
		pass
	else
		fail "syntax_fuzz"
		head -n 20 "$scratch/out"
	fi
elif wanted fuzz; then
	skip
fi
[ $failed = 0 ] && [ -n "${GOROOT:-}" ] && run_conformance
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
